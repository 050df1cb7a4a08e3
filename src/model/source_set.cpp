#include "model/source_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "model/syntax_walk.hpp"
#include "text/parser.hpp"

namespace raad::model {
namespace {

namespace fs = std::filesystem;
using base::Diagnostics;
using base::SourcePlace;

// Units of the prelude are built into base::UnitTable; the line is allowed so that files stay readable
// elsewhere.
constexpr std::string_view k_prelude = "raad/units.ant";
constexpr std::string_view k_mouse_taxon = "10090";

class SourceReader {
 public:
  SourceReader(const LoadOptions& options, Diagnostics& findings) : options_(options), findings_(findings) {}

  SourceSet read(const fs::path& main) {
    main_folder_ = main.lexically_normal().parent_path();
    Diagnostics reading;
    std::swap(reading, findings_);
    read_file(main, {});
    set_.is_complete = !findings_.has_errors();
    std::swap(reading, findings_);
    findings_.append(reading);
    if (set_.files.empty()) return std::move(set_);
    for (auto& file : set_.files) register_definitions(*file);
    choose_main();
    for (auto& file : set_.files) read_table(*file);
    set_.content_hash = hash();
    return std::move(set_);
  }

 private:
  void read_file(const fs::path& path, const SourcePlace& import_place) {
    const std::string key = fs::weakly_canonical(path).string();
    if (std::find(open_.begin(), open_.end(), key) != open_.end()) {
      findings_.error("R006", import_place, "`" + path.string() + "` imports itself through other files",
                      "remove one of the imports of the circle");
      return;
    }
    if (!done_.insert(key).second) return;
    std::string content;
    try {
      content = base::read_file(path);
    } catch (const base::InputError& error) {
      report_unreadable(path, import_place, error);
      return;
    }
    auto file = std::make_unique<SourceFile>();
    file->path = path;
    file->tree = text::parse(content, path.string(), findings_);
    remember(path, std::move(content));
    open_.push_back(key);
    for (const auto& import : file->tree.imports) read_import(path, import);
    open_.pop_back();
    set_.files.push_back(std::move(file));
  }

  void report_unreadable(const fs::path& path, const SourcePlace& import_place,
                         const base::InputError& error) {
    if (import_place.file.empty()) {
      findings_.append(error.findings());
    } else {
      findings_.error("R006", import_place, "cannot read `" + path.string() + "`",
                      "the path is relative to the importing file");
    }
  }

  void read_import(const fs::path& importing, const text::Import& import) {
    if (import.path == k_prelude) return;
    if (import.path.ends_with(".xml")) {
      findings_.error("R078", import.place, "an SBML file cannot be imported as a module",
                      "convert it to a model file first, then import that");
      return;
    }
    read_file((importing.parent_path() / import.path).lexically_normal(), import.place);
  }

  void register_definitions(const SourceFile& file) {
    for (const auto& function : file.tree.functions) {
      const auto [first, inserted] = set_.functions.try_emplace(function.name, &function);
      if (!inserted) report_repeat("function", function.name, function.place, first->second->place);
    }
    for (const auto& model : file.tree.models) {
      const auto [first, inserted] =
          set_.models.try_emplace(model.name, ModelSource{&model, &file, order_++});
      if (!inserted) report_repeat("model", model.name, model.place, first->second.syntax->place);
    }
  }

  void report_repeat(const char* what, const std::string& name, const SourcePlace& place,
                     const SourcePlace& first) {
    findings_.error("R010", place, fmt::format("{} `{}` is defined twice", what, name),
                    fmt::format("the first is in {}, line {}", first.file, first.line));
  }

  void choose_main() {
    const auto& file = set_.main_file();
    for (const auto& model : file.tree.models) {
      if (!model.is_main) continue;
      if (set_.main)
        findings_.error("R010", model.place, "two models are marked as main with `*`", "keep one mark");
      set_.main = &model;
    }
    if (!set_.main && !file.tree.models.empty()) set_.main = &file.tree.models.back();
    if (!set_.main)
      findings_.error("R011", {file.path.string(), 1, 1}, "the file defines no model",
                      "functions alone cannot be run; import the file where they are used");
    set_.system = is_mouse(set_.main) ? "mouse" : "human";
  }

  static bool is_mouse(const text::Model* main) {
    if (!main) return false;
    for (const auto& statement : main->statements) {
      const auto* annotation = std::get_if<text::Annotation>(&statement.content);
      if (!annotation || !annotation->name.parts.empty() || annotation->qualifier != "hasTaxon") continue;
      for (const auto& text : annotation->texts)
        if (text.find(k_mouse_taxon) != std::string::npos) return true;
    }
    return false;
  }

  void read_table(SourceFile& file) {
    fs::path table = file.path;
    table.replace_extension(".params.tsv");
    if (fs::exists(table)) {
      file.table = read_parameter_table(table, options_, set_.system, findings_);
      try {
        remember(table, base::read_file(table));
      } catch (const base::InputError& error) {
        findings_.append(error.findings());
      }
    }
    if (file.table) check_numbers(file.tree, findings_);
    const auto has_unit = [](const ParameterRow& row) { return !row.unit_text.empty(); };
    file.checks_units =
        names_units(file.tree) || (file.table && std::ranges::any_of(file.table->rows, has_unit));
  }

  void remember(const fs::path& path, std::string content) {
    set_.file_names.push_back(path.string());
    // Relative to the main file, so that the hash is the same wherever the folder lies.
    contents_[path.lexically_normal().lexically_relative(main_folder_).generic_string()] = std::move(content);
  }

  std::string hash() const {
    std::string all;
    for (const auto& [name, content] : contents_)
      all += fmt::format("{}\n{}\n", name, content.size()) + content;
    return base::content_hash(all);
  }

  const LoadOptions& options_;
  Diagnostics& findings_;
  SourceSet set_;
  fs::path main_folder_;
  std::vector<std::string> open_;
  std::set<std::string> done_;
  std::map<std::string, std::string> contents_;
  std::size_t order_ = 0;
};

}  // namespace

bool SourceSet::has_tables() const {
  return std::any_of(files.begin(), files.end(), [](const auto& file) { return file->table.has_value(); });
}

SourceSet read_sources(const fs::path& file, const LoadOptions& options, Diagnostics& findings) {
  return SourceReader(options, findings).read(file);
}

}  // namespace raad::model

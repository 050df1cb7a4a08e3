#include "data/omex_archive.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <zip.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "base/files.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_manifest = "manifest.xml";
constexpr const char* k_namespace = "http://identifiers.org/combine.specifications/omex-manifest";

struct ZipCloser {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Zip = std::unique_ptr<zip_t, ZipCloser>;

struct XmlDeleter {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};

/// The entry's place below the folder; empty for names that lead elsewhere.
fs::path place_below(const fs::path& folder, const std::string& name) {
  const fs::path relative = fs::path(name).lexically_normal();
  if (name.empty() || relative.is_absolute() || name.find('\\') != std::string::npos ||
      *relative.begin() == "..")
    return {};
  return folder / relative;
}

std::string attribute(xmlNode* node, const char* name) {
  xmlChar* value = xmlGetProp(node, reinterpret_cast<const xmlChar*>(name));
  if (value == nullptr) return "";
  const std::string text = reinterpret_cast<const char*>(value);
  xmlFree(value);
  return text;
}

std::vector<OmexEntry> read_manifest(const fs::path& file, const std::string& archive,
                                     base::Diagnostics& findings) {
  std::vector<OmexEntry> entries;
  const std::string text = base::read_file(file);
  // No network, no entities: a manifest has neither.
  const std::unique_ptr<xmlDoc, XmlDeleter> document(
      xmlReadMemory(text.data(), static_cast<int>(text.size()), k_manifest, nullptr,
                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  xmlNode* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
  if (root == nullptr) {
    findings.error("R110", {archive}, "the manifest is damaged");
    return entries;
  }
  for (xmlNode* node = root->children; node != nullptr; node = node->next) {
    if (node->type != XML_ELEMENT_NODE || std::string(reinterpret_cast<const char*>(node->name)) != "content")
      continue;
    OmexEntry entry;
    entry.location = attribute(node, "location");
    entry.format = attribute(node, "format");
    entry.master = attribute(node, "master") == "true";
    while (entry.location.rfind("./", 0) == 0) entry.location.erase(0, 2);
    if (entry.location.empty() || entry.location == "." || entry.location == k_manifest) continue;
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

bool OmexEntry::is_sedml() const {
  return format.find("sed-ml") != std::string::npos || format.find("sedml") != std::string::npos;
}

bool OmexEntry::is_sbml() const {
  return format.find("sbml") != std::string::npos;
}

std::vector<OmexEntry> unpack_omex(const fs::path& archive, const fs::path& folder,
                                   base::Diagnostics& findings, const OmexLimits& limits) {
  const std::string file = archive.string();
  if (!fs::is_regular_file(archive)) {
    findings.error("R086", {file}, "file not found");
    return {};
  }
  int error = 0;
  const Zip zip(zip_open(file.c_str(), ZIP_RDONLY, &error));
  if (zip == nullptr) {
    findings.error("R110", {file}, "the file is no zip archive, or is damaged");
    return {};
  }
  const auto count = static_cast<std::uint64_t>(std::max<zip_int64_t>(0, zip_get_num_entries(zip.get(), 0)));
  if (count > limits.greatest_entries) {
    findings.error("R110", {file},
                   "the archive has " + std::to_string(count) + " entries; at most " +
                       std::to_string(limits.greatest_entries) + " are read");
    return {};
  }
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    zip_stat_t status;
    if (zip_stat_index(zip.get(), i, 0, &status) != 0) continue;
    const std::string name = status.name;
    const fs::path place = place_below(folder, name);
    if (place.empty()) {
      findings.error("R110", {file}, "the entry `" + name + "` leads out of the archive");
      return {};
    }
    if (name.back() == '/') continue;
    fs::create_directories(place.parent_path());
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> entry(zip_fopen_index(zip.get(), i, 0),
                                                                  zip_fclose);
    if (entry == nullptr) {
      findings.error("R110", {file}, "the entry `" + name + "` cannot be read");
      return {};
    }
    std::ofstream out(place, std::ios::binary);
    char buffer[1U << 16U];
    // What comes out counts, not what the archive says about it.
    for (zip_int64_t got = 0; (got = zip_fread(entry.get(), buffer, sizeof buffer)) > 0;) {
      total += static_cast<std::uint64_t>(got);
      if (total > limits.greatest_total_bytes) {
        findings.error(
            "R110", {file},
            "the archive unpacks to more than " + std::to_string(limits.greatest_total_bytes) + " bytes");
        return {};
      }
      out.write(buffer, got);
    }
  }
  if (!fs::is_regular_file(folder / k_manifest)) {
    findings.error("R110", {file}, "the archive has no manifest.xml",
                   "COMBINE archives list their files there");
    return {};
  }
  return read_manifest(folder / k_manifest, file, findings);
}

void pack_omex(const fs::path& archive, const fs::path& folder, const std::vector<OmexEntry>& entries) {
  std::string manifest =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<omexManifest xmlns=\"" + std::string(k_namespace) +
      "\">\n  <content location=\".\" format=\"http://identifiers.org/combine.specifications/omex\"/>\n";
  for (const auto& entry : entries)
    manifest += "  <content location=\"./" + entry.location + "\" format=\"" + entry.format + "\" master=\"" +
                (entry.master ? "true" : "false") + "\"/>\n";
  manifest += "</omexManifest>\n";
  const auto refuse = [&](const std::string& what) {
    throw base::InputError("R084", {archive.string()}, "the archive cannot be written: " + what);
  };
  int error = 0;
  const fs::path part = archive.string() + ".part";
  zip_t* zip = zip_open(part.string().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  if (zip == nullptr) refuse("the folder may not be writable");
  std::vector<std::string> contents = {manifest};
  std::vector<std::string> names = {k_manifest};
  for (const auto& entry : entries) {
    names.push_back(entry.location);
    contents.push_back(base::read_file(folder / entry.location));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    zip_source_t* source = zip_source_buffer(zip, contents[i].data(), contents[i].size(), 0);
    const zip_int64_t index = zip_file_add(zip, names[i].c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_discard(zip);
      refuse(names[i]);
    }
    // The start of the zip calendar, so that equal content gives equal bytes.
    zip_file_set_dostime(zip, static_cast<zip_uint64_t>(index), 0, (1U << 5U) | 1U, 0);
  }
  if (zip_close(zip) != 0) {
    zip_discard(zip);
    refuse("the disk may be full");
  }
  fs::rename(part, archive);
}

}  // namespace raad::data

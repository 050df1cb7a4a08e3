#include "run/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "base/bytes.hpp"
#include "base/diagnostics.hpp"
#include "base/files.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_format = "raad journal 1";
constexpr std::string_view k_generation = "generation-";
constexpr const char* k_lock = "lock";

std::string print(const RunIdentity& identity, const Checkpoint& checkpoint) {
  std::string bytes;
  base::append_bytes(bytes, static_cast<std::uint64_t>(identity.size()));
  for (const auto& [name, value] : identity) {
    base::append_text(bytes, name);
    base::append_text(bytes, value);
  }
  base::append_bytes(bytes, static_cast<std::uint64_t>(checkpoint.done.intervals().size()));
  for (const auto& [first, last] : checkpoint.done.intervals()) {
    base::append_bytes(bytes, first);
    base::append_bytes(bytes, last);
  }
  base::append_text(bytes, checkpoint.results);
  std::string whole;
  base::append_text(whole, k_format);
  base::append_text(whole, base::content_hash(bytes));
  return whole + bytes;
}

/// Throws std::runtime_error for damaged files.
std::pair<RunIdentity, Checkpoint> parse(std::string_view bytes) {
  if (base::take_text(bytes) != k_format) throw std::runtime_error("not a journal of this program");
  const std::string hash = base::take_text(bytes);
  if (hash != base::content_hash(bytes)) throw std::runtime_error("its checksum does not fit");
  std::pair<RunIdentity, Checkpoint> parsed;
  for (auto count = base::take_bytes<std::uint64_t>(bytes); count > 0; --count) {
    std::string name = base::take_text(bytes);
    parsed.first.emplace_back(std::move(name), base::take_text(bytes));
  }
  for (auto count = base::take_bytes<std::uint64_t>(bytes); count > 0; --count) {
    SubjectRange range;
    range.first = base::take_bytes<std::int64_t>(bytes);
    range.last = base::take_bytes<std::int64_t>(bytes);
    if (range.empty() || !parsed.second.done.add(range))
      throw std::runtime_error("its ranges of subjects overlap");
  }
  parsed.second.results = base::take_text(bytes);
  return parsed;
}

void require_same_run(const RunIdentity& wanted, const RunIdentity& found, const fs::path& file) {
  base::Diagnostics findings;
  for (const auto& [name, value] : wanted) {
    const auto other = std::ranges::find(found, name, &RunIdentity::value_type::first);
    const std::string theirs = other == found.end() ? "nothing" : other->second;
    if (theirs != value)
      findings.error(
          "R089", {file.string()},
          "the journal is another run's: its " + name + " is " + theirs + ", this run's is " + value,
          "repeat the command of the journal's run, or choose another --journal folder");
  }
  throw_if_errors(findings);
}

int generation_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  int number = 0;
  if (!name.starts_with(k_generation)) return 0;
  const char* begin = name.data() + k_generation.size();
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

/// The last complete generation, 0 when there is none.
int last_generation(const fs::path& folder) {
  int last = 0;
  if (!fs::is_directory(folder)) return last;
  for (const auto& entry : fs::directory_iterator(folder)) last = std::max(last, generation_of(entry.path()));
  return last;
}

fs::path generation_folder(const fs::path& folder, int number) {
  return folder / (std::string(k_generation) + std::to_string(number));
}

}  // namespace

std::vector<Checkpoint> Journal::read(const fs::path& folder, const RunIdentity& identity) {
  std::vector<Checkpoint> checkpoints;
  const int generation = last_generation(folder);
  if (generation == 0) return checkpoints;
  SubjectRanges all;
  for (const auto& entry : fs::directory_iterator(generation_folder(folder, generation))) {
    // Half-written files stand beside the checkpoint that they were to replace.
    if (entry.path().extension() != ".checkpoint") continue;
    try {
      auto [found, checkpoint] = parse(base::read_file(entry.path()));
      require_same_run(identity, found, entry.path());
      if (!all.add(checkpoint.done)) throw std::runtime_error("its subjects are in another checkpoint too");
      checkpoints.push_back(std::move(checkpoint));
    } catch (const base::InputError&) {
      throw;
    } catch (const std::runtime_error& damage) {
      throw base::InputError("R086", {entry.path().string()},
                             std::string("damaged journal: ") + damage.what(), "start anew without --resume");
    }
  }
  return checkpoints;
}

bool Journal::exists(const fs::path& folder) {
  return last_generation(folder) > 0;
}

void Journal::begin(const fs::path& folder, const RunIdentity& identity, const Checkpoint& base_state) {
  base::create_folder(folder);
  const int last = last_generation(folder);
  const fs::path next = generation_folder(folder, last + 1);
  const fs::path unfinished = next.string() + ".unfinished";
  std::error_code ignored;
  fs::remove_all(unfinished, ignored);
  base::create_folder(unfinished);
  base::write_file_atomically(unfinished / "before.checkpoint", print(identity, base_state));
  fs::rename(unfinished, next);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const int generation = generation_of(entry.path());
    if (generation > 0 && generation <= last) fs::remove_all(entry.path(), ignored);
  }
}

Journal::Journal(fs::path folder, RunIdentity identity, int rank)
    : file_(generation_folder(folder, last_generation(folder)) /
            ("rank-" + std::to_string(rank) + ".checkpoint")),
      identity_(std::move(identity)) {}

void Journal::write(const Checkpoint& checkpoint) const {
  try {
    base::write_file_atomically(file_, print(identity_, checkpoint));
  } catch (const base::InputError& error) {
    base::Diagnostic finding = error.findings().all().front();
    // The checkpoint before this one still stands.
    if (finding.code == "R085") finding.hint = "free some space, then repeat the command with --resume";
    throw base::InputError(finding.code, finding.place, finding.message, finding.hint);
  }
}

void Journal::remove(const fs::path& folder) {
  std::error_code ignored;
  const int last = last_generation(folder);
  for (int generation = 1; generation <= last; ++generation)
    fs::remove_all(generation_folder(folder, generation), ignored);
  fs::remove(folder / k_lock, ignored);
  fs::remove(folder, ignored);  // Stays when the user keeps other files there.
}

JournalLock::JournalLock(const fs::path& folder) {
  base::create_folder(folder);
  const fs::path file = folder / k_lock;
  descriptor_ = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    throw base::InputError(errno == ENOSPC ? "R085" : "R084", {file.string()},
                           "cannot be written: " + std::generic_category().message(errno),
                           "choose a folder that can be written");
  // A file system without locks (ENOLCK) is no reason to refuse work; only a lock that somebody holds is.
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(descriptor_);
  throw base::InputError("R089", {folder.string()}, "another run is writing this journal",
                         "wait for it, or name another folder");
}

JournalLock::~JournalLock() {
  ::close(descriptor_);
}

}  // namespace raad::run

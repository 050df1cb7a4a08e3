// A small check that text is well-formed XML: enough of XML 1.0 for what an SVG file of ours can get wrong.
#pragma once

#include <cctype>
#include <set>
#include <string>
#include <vector>

namespace raad::report {

/// Says what is wrong, or "" for well-formed text. Knows elements, double-quoted attributes, text, the five
/// named and the numeric character references and an XML declaration; nothing else may occur.
class XmlChecker {
 public:
  explicit XmlChecker(const std::string& text) : text_(text) {}

  std::string check() {
    if (text_.rfind("<?xml", 0) == 0) at_ = text_.find("?>") + 2;
    bool seen_root = false;
    while (problem_.empty() && at_ < text_.size()) {
      if (text_[at_] == '<') {
        if (open_.empty() && seen_root) return "more than one root";
        seen_root = true;
        tag();
      } else {
        character();
      }
    }
    if (problem_.empty() && !open_.empty()) problem_ = "unclosed " + open_.back();
    if (problem_.empty() && !seen_root) problem_ = "no element";
    return problem_;
  }

 private:
  bool at(const std::string& what) const { return text_.compare(at_, what.size(), what) == 0; }
  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  std::string name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '-' || text_[at_] == ':')) {
      ++at_;
    }
    if (at_ == start) problem_ = "name expected at " + std::to_string(at_);
    return text_.substr(start, at_ - start);
  }
  void character() {
    if (text_[at_] == '<') {
      problem_ = "stray < at " + std::to_string(at_);
    } else if (text_[at_] == '&') {
      static const std::set<std::string> known = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
      const std::size_t end = text_.find(';', at_);
      const std::string reference = end == std::string::npos ? "" : text_.substr(at_, end - at_ + 1);
      if (known.count(reference) == 0 && reference.rfind("&#", 0) != 0)
        problem_ = "bad reference at " + std::to_string(at_);
      at_ += reference.size();
    } else if (open_.empty() && !in_attribute_ && std::isspace(static_cast<unsigned char>(text_[at_])) == 0) {
      problem_ = "text outside the root";
    } else {
      ++at_;
    }
  }
  void attributes() {
    std::set<std::string> seen;
    for (skip_blanks(); problem_.empty() && !at(">") && !at("/>"); skip_blanks()) {
      const std::string id = name();
      if (!seen.insert(id).second) problem_ = "repeated attribute " + id;
      if (!at("=\"")) {
        problem_ = "value of " + id + " is not quoted";
        return;
      }
      at_ += 2;
      in_attribute_ = true;
      while (problem_.empty() && at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '<') problem_ = "< in an attribute";
        character();
      }
      in_attribute_ = false;
      ++at_;
    }
  }
  void tag() {
    ++at_;
    if (at("/")) {
      ++at_;
      const std::string id = name();
      if (open_.empty() || open_.back() != id) problem_ = "unexpected end of " + id;
      if (!open_.empty()) open_.pop_back();
      skip_blanks();
    } else {
      const std::string id = name();
      attributes();
      if (at("/>")) {
        ++at_;
      } else {
        open_.push_back(id);
      }
    }
    if (problem_.empty() && !at(">")) problem_ = "> expected at " + std::to_string(at_);
    ++at_;
  }

  const std::string& text_;
  std::size_t at_ = 0;
  bool in_attribute_ = false;
  std::vector<std::string> open_;
  std::string problem_;
};

inline std::string xml_problem(const std::string& text) {
  return XmlChecker(text).check();
}

}  // namespace raad::report

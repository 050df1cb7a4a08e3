// A plain document, blocks of text and tables, before anyone decides how it is written down.
#pragma once

#include <string>
#include <vector>

namespace raad::report {

struct DocumentBlock {
  enum class Kind { heading, paragraph, list, table };
  Kind kind = Kind::paragraph;
  std::string text;                            ///< Heading or paragraph
  int level = 2;                               ///< Headings
  std::vector<std::string> columns;            ///< Tables
  std::vector<std::vector<std::string>> rows;  ///< Tables; lists: one cell a row
};

struct Document {
  std::string title, subtitle;
  std::vector<DocumentBlock> blocks;

  void heading(std::string text, int level = 2);
  void paragraph(std::string text);
  void list(std::vector<std::string> items);
  void table(std::vector<std::string> columns, std::vector<std::vector<std::string>> rows);
};

std::string to_markdown(const Document& document);
/// One file that needs nothing else; light and dark by the reader's setting.
std::string to_html(const Document& document);

}  // namespace raad::report

#include "report/document.hpp"

#include <algorithm>

#include "report/html_parts.hpp"
#include "report/markup.hpp"

namespace raad::report {
namespace {

/// Bars end a table's cell.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, "\\");
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string markdown_table(const DocumentBlock& block) {
  std::string text = "|";
  for (const auto& column : block.columns) text += " " + cell(column) + " |";
  text += "\n|";
  for (std::size_t i = 0; i < block.columns.size(); ++i) text += "---|";
  for (const auto& row : block.rows) {
    text += "\n|";
    for (const auto& one : row) text += " " + cell(one) + " |";
  }
  return text + "\n";
}

std::string html_table(const DocumentBlock& block) {
  std::string text = "<div class=\"wide\"><table><thead><tr>";
  for (const auto& column : block.columns) text += "<th>" + escape(column) + "</th>";
  text += "</tr></thead><tbody>\n";
  for (const auto& row : block.rows) {
    text += "<tr>";
    for (const auto& one : row) text += "<td>" + escape(one) + "</td>";
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

}  // namespace

void Document::heading(std::string text, int level) {
  DocumentBlock block;
  block.kind = DocumentBlock::Kind::heading;
  block.text = std::move(text);
  block.level = level;
  blocks.push_back(std::move(block));
}

void Document::paragraph(std::string text) {
  DocumentBlock block;
  block.text = std::move(text);
  blocks.push_back(std::move(block));
}

void Document::list(std::vector<std::string> items) {
  DocumentBlock block;
  block.kind = DocumentBlock::Kind::list;
  for (auto& item : items) block.rows.push_back({std::move(item)});
  blocks.push_back(std::move(block));
}

void Document::table(std::vector<std::string> columns, std::vector<std::vector<std::string>> rows) {
  DocumentBlock block;
  block.kind = DocumentBlock::Kind::table;
  block.columns = std::move(columns);
  block.rows = std::move(rows);
  blocks.push_back(std::move(block));
}

std::string to_markdown(const Document& document) {
  std::string text = "# " + document.title + "\n\n" + document.subtitle + "\n";
  for (const auto& block : document.blocks) {
    text += "\n";
    switch (block.kind) {
      case DocumentBlock::Kind::heading:
        text += std::string(static_cast<std::size_t>(block.level), '#') + " " + block.text + "\n";
        break;
      case DocumentBlock::Kind::paragraph:
        text += block.text + "\n";
        break;
      case DocumentBlock::Kind::list:
        for (const auto& row : block.rows) text += "- " + row.front() + "\n";
        break;
      case DocumentBlock::Kind::table:
        text += markdown_table(block);
        break;
    }
  }
  return text;
}

std::string to_html(const Document& document) {
  std::string text =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>" +
      escape(document.title) + "</title>\n<style>" + std::string(page_style()) +
      ".wide { overflow-x:auto; }\n</style>\n</head>\n<body>\n<main>\n<h1>" + escape(document.title) +
      "</h1>\n<p class=\"question\">" + escape(document.subtitle) + "</p>\n";
  for (const auto& block : document.blocks) {
    switch (block.kind) {
      case DocumentBlock::Kind::heading: {
        const std::string tag = "h" + std::to_string(block.level);
        text += "<" + tag + ">" + escape(block.text) + "</" + tag + ">\n";
        break;
      }
      case DocumentBlock::Kind::paragraph:
        text += "<p>" + escape(block.text) + "</p>\n";
        break;
      case DocumentBlock::Kind::list:
        text += "<ul>\n";
        for (const auto& row : block.rows) text += "<li>" + escape(row.front()) + "</li>\n";
        text += "</ul>\n";
        break;
      case DocumentBlock::Kind::table:
        text += html_table(block);
        break;
    }
  }
  return text + "</main>\n</body>\n</html>\n";
}

}  // namespace raad::report

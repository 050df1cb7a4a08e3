#include "report/html_parts.hpp"

namespace raad::report {

/// One time cursor for all panels: follows the pointer over any of them, or the slider.
std::string_view page_script() {
  return R"js((function () {
  "use strict";
  var data = JSON.parse(document.getElementById("curves").textContent);
  var figures = Array.prototype.slice.call(document.querySelectorAll("figure[data-curve]"));
  var slider = document.getElementById("cursor"), clock = document.getElementById("cursor-time");
  if (!figures.length || !slider) return;
  slider.parentNode.hidden = false;

  function valueAt(line, t) {
    var low = 0, high = line.t.length - 1;
    if (t <= line.t[0]) return line.y[0];
    if (t >= line.t[high]) return line.y[high];
    while (high - low > 1) { var middle = (low + high) >> 1; if (line.t[middle] > t) high = middle; else low = middle; }
    return line.y[low] + (line.y[high] - line.y[low]) * (t - line.t[low]) / (line.t[high] - line.t[low]);
  }
  function digits(v) {
    var a = Math.abs(v);
    if (a !== 0 && (a < 1e-3 || a >= 1e5)) return v.toExponential(1);
    return a >= 999.5 ? v.toFixed(0) : String(parseFloat(v.toPrecision(3)));
  }
  function clockText(t) {
    return t < 1 ? (60 * t).toFixed(0) + " min" : t < 48 ? t.toFixed(1) + " h" : (t / 24).toFixed(1) + " d";
  }
  function number(svg, name) { return parseFloat(svg.getAttribute("data-" + name)); }
  function cursorLine(svg) {
    var line = svg.querySelector(".cursor-line");
    if (!line) {
      line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      line.setAttribute("class", "cursor-line");
      line.setAttribute("y1", number(svg, "top"));
      line.setAttribute("y2", number(svg, "bottom"));
      svg.appendChild(line);
    }
    return line;
  }
  // null hides the cursor.
  function show(t) {
    clock.textContent = t === null ? "" : clockText(t);
    figures.forEach(function (figure) {
      var curve = data.curves[figure.getAttribute("data-curve")], out = figure.querySelector("output");
      out.textContent = t === null ? "" : data.names.map(function (name, i) {
        return name + " " + digits(valueAt(curve.lines[i], t));
      }).join(" \u00b7 ") + " " + curve.unit;
      figure.querySelectorAll(":scope > svg").forEach(function (svg) {
        var end = number(svg, "end"), left = number(svg, "left"), right = number(svg, "right"), line = cursorLine(svg);
        line.style.display = t === null || t > end ? "none" : "";
        if (t === null) return;
        var x = left + (right - left) * t / end;
        line.setAttribute("x1", x); line.setAttribute("x2", x);
      });
    });
  }
  // The slider is cubic in time: minutes at its left end, weeks at its right.
  function timeOf(position) { return data.end * Math.pow(position / 1000, 3); }
  slider.addEventListener("input", function () { show(timeOf(Number(slider.value))); });
  figures.forEach(function (figure) {
    figure.addEventListener("pointermove", function (event) {
      var svg = event.target.closest("svg");
      if (!svg) return;
      var box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
      var left = number(svg, "left"), right = number(svg, "right");
      var share = ((event.clientX - box.left) * scale - left) / (right - left);
      if (share < 0 || share > 1) return;
      var t = share * number(svg, "end");
      slider.value = String(1000 * Math.cbrt(t / data.end));
      show(t);
    });
    figure.addEventListener("pointerleave", function () { show(null); });
  });
})();
)js";
}

}  // namespace raad::report

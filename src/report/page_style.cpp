#include "report/html_parts.hpp"

namespace raad::report {

/// Light and dark by the reader's setting; print is always light. The colours of the treatments are those of
/// the figures, lighter on a dark ground so that they keep a contrast of 4.5:1.
std::string_view page_style() {
  return R"css(
:root { --paper:#fff; --panel:#f7f8fa; --ink:#1f2933; --quiet:#52606d; --rule:#d9dee4; --one:#1d4e9e; --two:#c4640a;
  --shared:#14694b; --distinct:#8a2f66; --chip:#eef1f4; }
@media (prefers-color-scheme: dark) {
  :root { --paper:#14181d; --panel:#1b2027; --ink:#e6eaee; --quiet:#a4b0bb; --rule:#333c46; --one:#7fb2ff; --two:#ffb05c;
    --shared:#6fd3ac; --distinct:#f0a3d2; --chip:#262d35; } }
* { box-sizing:border-box; }
html { scroll-padding-top:4rem; }
body { margin:0 auto; max-width:1220px; padding:1.5rem 1.25rem 4rem; background:var(--paper); color:var(--ink);
  font:16px/1.5 system-ui,"Helvetica Neue",Arial,sans-serif; }
h1 { font-size:1.7rem; line-height:1.25; margin:.2rem 0 .8rem; font-weight:650; text-wrap:balance; }
h1 .against { font-weight:400; color:var(--quiet); }
h2 { font-size:1.3rem; margin:2.6rem 0 .6rem; padding-top:.6rem; border-top:2px solid var(--ink); }
h3 { font-size:1.02rem; margin:1.6rem 0 .5rem; }
a { color:inherit; }
small { color:var(--quiet); font-size:.82em; }
code { font:0.88em ui-monospace,"DejaVu Sans Mono",monospace; overflow-wrap:anywhere; }
.brand, .question, .note, .caution { color:var(--quiet); margin:.3rem 0 .7rem; }
.brand { font-size:.85rem; letter-spacing:.02em; }
.note { font-size:.88rem; max-width:58rem; }
.answer { font-size:1.22rem; line-height:1.45; max-width:52rem; margin:.4rem 0 1rem; }
.verdict { max-width:58rem; gap:.35rem .9rem; margin:.4rem 0 1rem; font-size:1rem; }
.verdict dt { padding-top:.15rem; font-size:.85rem; }
.details { max-width:58rem; padding-left:1.1rem; margin:.4rem 0 1rem; }
.details li { margin:.25rem 0; }
.caution { font-size:.88rem; border-left:3px solid var(--two); padding-left:.7rem; }
nav { display:flex; flex-wrap:wrap; gap:.3rem 1.1rem; font-size:.9rem; margin:1rem 0 0; }
.treatment { white-space:normal; margin-right:.9rem; }
.swatch { width:28px; height:12px; margin-right:.4rem; vertical-align:middle; }
.symbol { width:12px; height:12px; vertical-align:-1px; margin-right:.2rem; overflow:visible; }
.class { font-size:.78rem; white-space:nowrap; color:var(--quiet); }
.class.shared { color:var(--shared); font-weight:600; }
.class.distinct { color:var(--distinct); font-weight:600; }

.strip { list-style:none; margin:.8rem 0; padding:0; display:grid; gap:.5rem;
  grid-template-columns:repeat(auto-fit,minmax(150px,1fr)); }
.level { background:var(--panel); border:1px solid var(--rule); border-radius:6px; padding:.55rem .6rem .5rem; position:relative;
  min-width:0; display:flex; flex-direction:column; }
.level a { text-decoration:none; }
.level h3 { margin:0; font-size:.95rem; }
.level:not(:first-child) h3::before { content:"\2192\00a0"; color:var(--quiet); }
.level p { margin:0 0 .4rem; font-size:.76rem; line-height:1.3; color:var(--quiet); }
.level ul { list-style:none; margin:0; padding:0; flex:1; }
.level li { margin:.5rem 0; font-size:.78rem; line-height:1.2; }
.level .name { display:block; overflow-wrap:anywhere; }
.level .class { font-size:.7rem; }
.level .count { margin:.4rem 0 0; border-top:1px solid var(--rule); padding-top:.3rem; }
.bars { display:block; margin-top:.15rem; }
.bar { display:flex; align-items:center; height:9px; }
.bar i { font-style:normal; width:.8rem; font-size:.68rem; flex:none; }
.bar b { height:5px; border-radius:1px; min-width:1px; print-color-adjust:exact; -webkit-print-color-adjust:exact; }
.bar.b0 b { background:var(--one); }
.bar.b1 b { border:1.5px solid var(--two); height:6px; }

.toolbar { position:sticky; top:0; z-index:2; background:var(--paper); border-bottom:1px solid var(--rule); padding:.5rem 0;
  display:flex; flex-wrap:wrap; gap:.4rem 1.2rem; align-items:center; font-size:.9rem; }
.windows { display:inline-flex; border:1px solid var(--rule); border-radius:6px; overflow:hidden; }
.windows input { position:absolute; opacity:0; pointer-events:none; }
.windows label { padding:.25rem .75rem; cursor:pointer; }
.windows label + input + label { border-left:1px solid var(--rule); }
.windows input:checked + label { background:var(--ink); color:var(--paper); }
.windows input:focus-visible + label { outline:2px solid var(--one); outline-offset:-3px; }
.cursor { display:inline-flex; gap:.4rem; align-items:center; color:var(--quiet); }
.cursor[hidden] { display:none; }
.cursor input { width:9rem; accent-color:var(--one); }
.cursor output { min-width:4rem; font-variant-numeric:tabular-nums; }
.panels { display:grid; gap:.4rem 1rem; grid-template-columns:repeat(auto-fill,minmax(300px,1fr)); }
figure { margin:0; min-width:0; break-inside:avoid; }
figcaption { font-size:.78rem; min-height:1.3rem; padding-left:4px; display:flex; gap:.8rem; flex-wrap:wrap; }
figcaption output { color:var(--quiet); font-variant-numeric:tabular-nums; }
figure svg { display:none; width:100%; height:auto; overflow:visible; touch-action:pan-y; }
figure svg.natural { display:block; }
.toolbar:has(#w24:checked) ~ .panels svg.natural, .toolbar:has(#w7:checked) ~ .panels svg.natural,
.toolbar:has(#wall:checked) ~ .panels svg.natural { display:none; }
.toolbar:has(#w24:checked) ~ .panels svg.w24, .toolbar:has(#w7:checked) ~ .panels svg.w7,
.toolbar:has(#wall:checked) ~ .panels svg.wall { display:block; }
svg text.title { fill:var(--ink); }
svg text.tick, svg text.label { fill:var(--quiet); }
svg .grid { stroke:var(--rule); }
svg .axis { stroke:var(--quiet); }
svg .line.c0, svg .error.c0, svg .mark.c0 { stroke:var(--one); }
svg .line.c1, svg .error.c1, svg .mark.c1 { stroke:var(--two); }
svg .dose.c0, svg .mark.c0.filled { fill:var(--one); }
svg .dose.c1, svg .mark.c1.filled { fill:var(--two); }
svg .mark.open { fill:var(--paper); }
svg .cursor-line { stroke:var(--quiet); stroke-width:1; pointer-events:none; }

.box { overflow-x:auto; border:1px solid var(--rule); border-radius:6px; }
table { border-collapse:collapse; width:100%; font-size:.82rem; font-variant-numeric:tabular-nums; }
th, td { padding:.28rem .5rem; text-align:right; vertical-align:top; white-space:nowrap; }
th:first-child, td:first-child, .who, .words, .assumed, .text { text-align:left; }
thead th { background:var(--panel); font-weight:600; border-bottom:1px solid var(--rule); }
tbody th { font-weight:500; }
tbody th small, td small { display:block; }
td small { white-space:normal; }
.words, .assumed { white-space:normal; min-width:13rem; overflow-wrap:break-word; }
ul.plain { list-style:none; margin:0; padding:0; }
.remark { color:var(--quiet); }
table:not(.profile) tbody tr, .profile tbody tr:nth-child(even) { border-top:1px solid var(--rule); }
table:not(.profile) td small { display:inline; }
.profile tbody th[rowspan] { white-space:normal; min-width:10rem; }
.profile .who { color:var(--quiet); }
.profile tr.group th { background:var(--chip); text-align:left; font-weight:650; }
dl { display:grid; grid-template-columns:max-content 1fr; gap:.3rem 1rem; font-size:.9rem; }
dt { color:var(--quiet); } dd { margin:0; min-width:0; }

@media (max-width:640px) {
  body { padding:1rem 1rem 3rem; }
  h1 { font-size:1.35rem; }
  .answer { font-size:1.08rem; }
  .strip { grid-template-columns:1fr; }
  .level:not(:first-child) h3::before { content:"\2193\00a0"; }
  .level li { display:grid; grid-template-columns:1fr auto; gap:0 .6rem; }
  .level .bars { grid-column:1 / -1; }
  .panels { grid-template-columns:1fr; }
  .windows label { padding:.35rem .7rem; }
  dl { grid-template-columns:1fr; } dd { margin-bottom:.4rem; }
}
@media print {
  :root { --paper:#fff; --panel:#fff; --ink:#000; --quiet:#444; --rule:#bbb; --one:#1d4e9e; --two:#c4640a; --shared:#14694b;
    --distinct:#8a2f66; --chip:#eee; }
  @page { size:A4; margin:14mm 12mm; }
  html { font-size:9.5pt; }
  body { font-size:9.5pt; max-width:none; padding:0; }
  #mechanism { break-before:page; } .note { break-after:avoid; }
  nav, .windows, .cursor { display:none; }
  .toolbar { position:static; border:0; break-after:avoid; }
  h1 { font-size:15pt; } h2 { font-size:12.5pt; break-after:avoid; } h3 { break-after:avoid; } .answer { font-size:11.5pt; }
  .strip { grid-template-columns:repeat(4,1fr); }
  .level { break-inside:avoid; }
  .panels { grid-template-columns:repeat(3,1fr); gap:2mm 4mm; }
  figure svg { display:none !important; } figure svg.natural { display:block !important; }
  .box { overflow:visible; border:0; }
  table { font-size:6.6pt; } th, td { padding:1px 3px; }
  .words, .assumed, th[scope=row] { white-space:normal; }
  .profile tbody th[rowspan], .words, .assumed { min-width:0; }
  tr { break-inside:avoid; }
}
)css";
}

}  // namespace raad::report

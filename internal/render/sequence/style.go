package sequence

// drawingStyle is the style of the drawing: quiet colours, red only for what is not as
// usual, and a dark set for who prefers it.
const drawingStyle = `
.sequence{--paper:#fff;--ink:#1f2430;--quiet:#6b7280;--line:#b6bcc8;--box:#eef2f8;--call:#2456a6;--frame:#9aa3b2;--bad:#c62828;--badpaper:#fdecec;--work:#cfdcf2;--hot1:#f2d49b;--hot2:#eeb15c;--hot3:#e58a2c}
@media (prefers-color-scheme:dark){.sequence{--paper:#14171d;--ink:#e3e6ec;--quiet:#98a0ae;--line:#4a5160;--box:#222834;--call:#8ab4f8;--frame:#646d7d;--bad:#ff8a80;--badpaper:#3a1d1d;--work:#2c3a52;--hot1:#5e4a22;--hot2:#8a6420;--hot3:#b9781f}}
.sequence text{font:11px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--ink);stroke:var(--paper);stroke-width:3px;stroke-linejoin:round;paint-order:stroke}
.sequence .paper{fill:var(--paper)}
.sequence .life{stroke:var(--line);stroke-dasharray:3 3}
.sequence .box rect{fill:var(--box);stroke:var(--line)}
.sequence .box.opaque rect{stroke-dasharray:4 3}
.sequence .box text{text-anchor:middle;font-weight:600;stroke:none}
.sequence line,.sequence path{stroke:var(--call);fill:none;stroke-width:1.3}
.sequence .tip{fill:var(--call);stroke:none}
.sequence .hand line,.sequence .return line{stroke-dasharray:5 4}
.sequence .return line,.sequence .return path{stroke:var(--line)}
.sequence .lost line,.sequence .lost path{stroke:var(--bad)}
.sequence .lost line{stroke-dasharray:2 3}
.sequence .unusual line,.sequence .unusual path{stroke:var(--bad);stroke-width:1.8}
.sequence .unusual .tip{fill:var(--bad)}
.sequence .unusual text{fill:var(--bad);font-weight:600}
.sequence .time{fill:var(--quiet);font-weight:400}
.sequence .remark{fill:var(--quiet);font-style:italic}
.sequence .frame{fill:none;stroke:var(--frame)}
.sequence .part{stroke:var(--frame);stroke-dasharray:6 4}
.sequence .tab{fill:var(--box);stroke:var(--frame)}
.sequence .tag{font-size:10px;fill:var(--quiet);font-weight:600}
.sequence .tag.when{font-weight:400}
.sequence .work{fill:var(--work);stroke:var(--line)}
.sequence .hot1{fill:var(--hot1)}
.sequence .hot2{fill:var(--hot2)}
.sequence .hot3{fill:var(--hot3)}
.sequence .say rect{fill:var(--badpaper);stroke:var(--bad)}
.sequence .say text{fill:var(--bad);stroke:none}
.sequence g:target text{text-decoration:underline}
`

// pageStyle is the style of the page around the drawing.
const pageStyle = `
:root{color-scheme:light dark}
body{margin:0 auto;padding:1.2rem 1.6rem;font:14px/1.45 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:#1f2430;background:#fff}
h1{font-size:1.35rem;margin:0 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.2rem 0}
.quiet{color:#6b7280}
.wide{overflow-x:auto;border:1px solid #d5d9e0;border-radius:6px}
ol.bad{margin:.2rem 0;padding-left:1.6rem}
ol.bad li{margin:.15rem 0}
ol.bad li.follows{color:#6b7280}
a{color:inherit;text-decoration-color:#9aa3b2}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.15rem .7rem .15rem 0;vertical-align:top;white-space:nowrap}
th{font-weight:600;border-bottom:1px solid #d5d9e0}
th:first-child,td:first-child,td.words,th.words{text-align:left}
td.words{white-space:normal}
td.name{white-space:pre;font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:12px}
tr.unusual td{color:#c62828}
@media (prefers-color-scheme:dark){
body{color:#e3e6ec;background:#14171d}
.quiet,ol.bad li.follows{color:#98a0ae}
.wide,th{border-color:#4a5160}
tr.unusual td{color:#ff8a80}
}
`

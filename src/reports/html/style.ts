/** How the report looks: one sheet, inside the page. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --critical: #b3122a; --high: #d9531e; --medium: #c98a00; --unknown: #7a5fb5; --low: #2f7fb8; --info: #6c7683; --good: #2c8a4b; }
* { box-sizing: border-box; }
body { font: 14px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1600px; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.complete { border-left: .4rem solid var(--good); background: var(--soft); padding: .5rem .75rem; font-weight: 600; }
.complete.no { border-color: var(--critical); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; }
dt { opacity: .7; }
dd { margin: 0; overflow-wrap: anywhere; }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; flex: 1 1 26rem; max-width: 38rem; }
figcaption { font-weight: 600; margin-bottom: .4rem; }
svg { width: 100%; height: auto; }
svg text { font-size: 13px; fill: currentColor; }
rect { fill: var(--info); }
.critical { fill: var(--critical); } .high { fill: var(--high); } .medium { fill: var(--medium); } .unknown { fill: var(--unknown); } .low { fill: var(--low); } .good { fill: var(--good); }
.scroll { overflow: auto; max-height: 80vh; border: 1px solid var(--line); }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: start; white-space: nowrap; max-width: 36ch; overflow: hidden; text-overflow: ellipsis; }
thead th { position: sticky; top: 0; background: Canvas; }
.findings th { position: static; }
.findings th, .findings td:nth-child(-n+2) { white-space: nowrap; overflow-wrap: normal; }
[data-grade="critical"] { box-shadow: inset .3rem 0 var(--critical); } [data-grade="high"] { box-shadow: inset .3rem 0 var(--high); } [data-grade="medium"] { box-shadow: inset .3rem 0 var(--medium); }
.findings td { white-space: normal; max-width: none; overflow-wrap: anywhere; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible, .rule:focus-visible, .scroll:focus-visible { outline: 2px solid; }
.rule { all: unset; cursor: pointer; text-decoration: underline dotted; }
.tools { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: .5rem 0; }
.tools input { flex: 0 1 24rem; min-width: 0; padding: .35rem .5rem; font: inherit; }
.tools button, .tools select { font: inherit; padding: .3rem .6rem; }
pre { overflow: auto; background: var(--soft); padding: .75rem; }
@media print, (max-width: 40rem) {
  body { padding: .75rem; }
  .scroll table, #rows, #rows tr { display: block; }
  #rows tr { border-bottom: 1px solid var(--line); padding: .3rem .6rem; break-inside: avoid; }
  #rows td { display: inline; border: 0; padding: 0; white-space: normal; overflow-wrap: anywhere; max-width: none; box-shadow: none; }
  #rows td:not(:empty)::before { content: attr(data-column) ": "; opacity: .7; }
  #rows td:not(:empty)::after { content: " \\00b7  "; }
}
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .3rem; } .findings { font-size: .9em; } .tools input { flex-basis: 100%; } #head { display: flex; overflow: auto; } }
@media print { body { padding: 0; } .tools, #head { display: none; } .scroll { max-height: none; overflow: visible; border: 0; } #rows { font-size: 8pt; } }
`;

// Draws the table of figures that stands on the page: same names, same numbers, nothing fetched.
"use strict";
(() => {
  const figure = document.getElementById("chart");
  if (!figure || !window.echarts) return;
  const table = document.getElementById(figure.dataset.table);
  const whole = [...table.tBodies[0].rows];
  // what is beyond the limit is no point of time
  const drawn = figure.dataset.kind === "line" ? whole.filter((row) => row.className !== "others") : whole;
  const rows = drawn.map((row) => ({
    name: row.dataset.name,
    value: "value" in row.dataset ? Number(row.dataset.value) : null,
  }));
  if (rows.some((row) => Number.isNaN(row.value))) return; // days and times are no heights
  const title = table.caption.textContent;
  const canvas = figure.querySelector(".canvas");
  const button = document.getElementById("picture");
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  figure.hidden = false;
  button.hidden = false;
  let chart = null;

  function options() {
    const ink = token("--ink");
    const colours = ["--accent", "--warm", "--violet", "--good", "--bad", "--quiet"].map(token);
    const text = { color: ink, fontFamily: getComputedStyle(document.body).fontFamily };
    const common = {
      backgroundColor: token("--paper"),
      color: colours,
      textStyle: text,
      animation: false,
      aria: { enabled: false }, // the table says it all
      tooltip: { renderMode: "richText", trigger: "item" },
    };
    if (figure.dataset.kind === "pie") {
      const label = { ...text, formatter: "{b}: {d} %" };
      return { ...common, series: [{ type: "pie", radius: "70%", data: rows, label }] };
    }
    const line = { lineStyle: { color: token("--line") } };
    return {
      ...common,
      grid: { left: 16, right: 24, top: 24, bottom: 16, containLabel: true },
      xAxis: {
        type: "category",
        data: rows.map((row) => row.name),
        axisLabel: { color: ink, rotate: rows.length > 8 ? 40 : 0, width: 140, overflow: "truncate" },
        axisLine: line,
      },
      yAxis: { type: "value", axisLabel: { color: ink }, splitLine: line },
      series: [{ type: figure.dataset.kind, data: rows.map((row) => row.value), symbolSize: 7 }],
    };
  }

  function draw() {
    if (chart) chart.dispose();
    chart = window.echarts.init(canvas);
    chart.setOption(options());
    figure.dataset.drawn = "yes";
  }

  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = chart.getDataURL({ type: "png", pixelRatio: 2 });
    link.download = `${title.replace(/[^\p{L}\p{N}]+/gu, "-")}.png`;
    link.click();
  });
  window.addEventListener("resize", () => chart.resize());
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();

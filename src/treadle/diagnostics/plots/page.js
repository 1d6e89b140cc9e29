"use strict";
// Draws the timeline and the curves of a profile. All plots share one time axis, in microseconds.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const LEFT = 56, RIGHT = 12, AXIS = 22;
  const COLOURS = ["#3b7dd8", "#e0803a", "#3f9d57", "#c94f55", "#8a63c9", "#a0744f", "#d170b0",
    "#2aa1a8", "#a8a13a", "#7b8794"];
  const span = Math.max(1, data.span);
  let from = 0, to = span, marked = -1;

  const colour = (label) =>
    label < COLOURS.length ? COLOURS[label] : `hsl(${(label * 137.508) % 360} 48% 54%)`;
  function compact(value) {
    const [size, name] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]
      .find(([power]) => Math.abs(value) >= power) || [1, ""];
    return `${+(value / size).toPrecision(4)}${name}`;
  }
  const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function duration(micro) {
    if (micro >= 60e6) return `${Math.floor(micro / 60e6)}m ${((micro % 60e6) / 1e6).toFixed(1)}s`;
    if (micro >= 1e6) return `${(micro / 1e6).toFixed(3)} s`;
    if (micro >= 1e3) return `${(micro / 1e3).toFixed(3)} ms`;
    return `${micro} \u00b5s`;
  }

  // Steps of 1, 2 or 5 times a power of ten, at most `count` of them.
  function step(range, count) {
    const rough = Math.max(range, 1e-9) / count, power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999);
  }

  function axisText(micro, size) {
    const [unit, name] = size >= 1e5 ? [1e6, "s"] : size >= 100 ? [1e3, "ms"] : [1, "\u00b5s"];
    const digits = Math.max(0, -Math.floor(Math.log10(size / unit) + 1e-9));
    return `${(micro / unit).toFixed(digits)} ${name}`;
  }

  // The first bar that ends after `time`. Bars of a lane are sorted and do not overlap, except
  // that sums of short tasks may reach under a long one: step back a little to be sure.
  function firstBar(lane, time) {
    let low = 0, high = lane.start.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lane.start[middle] + lane.length[middle] < time) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 2);
  }

  function makeFigure(title, height) {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const canvas = document.createElement("canvas");
    caption.textContent = title;
    canvas.style.height = `${height}px`;
    figure.append(caption, canvas);
    document.getElementById("plots").append(figure);
    return canvas;
  }

  const plots = [];
  function addPlot(title, height, draw, describe) {
    const canvas = makeFigure(title, height), pen = canvas.getContext("2d");
    const plot = { canvas, describe, height };
    plot.x = (time) => LEFT + ((time - from) / (to - from)) * (plot.width - LEFT - RIGHT);
    plot.time = (x) => from + ((x - LEFT) / (plot.width - LEFT - RIGHT)) * (to - from);
    plot.draw = () => {
      const ratio = window.devicePixelRatio || 1;
      plot.width = canvas.clientWidth;
      canvas.width = Math.round(plot.width * ratio);
      canvas.height = Math.round(height * ratio);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.font = "11px system-ui, sans-serif";
      drawAxis(plot, pen);
      pen.save();
      pen.beginPath();
      pen.rect(LEFT, 0, plot.width - LEFT - RIGHT, height - AXIS + 1);
      pen.clip();
      draw(plot, pen);
      pen.restore();
    };
    plots.push(plot);
    return plot;
  }

  function drawAxis(plot, pen) {
    const bottom = plot.height - AXIS, room = plot.width - LEFT - RIGHT;
    const size = step(to - from, Math.max(2, room / 110));
    pen.strokeStyle = theme("--line");
    pen.fillStyle = theme("--quiet");
    pen.textAlign = "center";
    pen.textBaseline = "top";
    pen.beginPath();
    for (let time = Math.ceil(from / size) * size; time <= to; time += size) {
      const x = Math.round(plot.x(time)) + 0.5;
      pen.moveTo(x, 0);
      pen.lineTo(x, bottom + 4);
      pen.fillText(axisText(time, size), x, bottom + 7);
    }
    pen.moveTo(LEFT, bottom + 0.5);
    pen.lineTo(plot.width - RIGHT, bottom + 0.5);
    pen.stroke();
  }

  // -- the timeline ---------------------------------------------------------------------------

  function addTimeline(lanes) {
    const row = Math.max(4, Math.min(26, 640 / lanes.length));
    const gap = row > 10 ? 3 : row > 5 ? 1 : 0;

    function drawLane(plot, pen, lane, top, tall) {
      let edge = -1, shade = -1;
      for (let i = firstBar(lane, from); i < lane.start.length && lane.start[i] <= to; i++) {
        const left = plot.x(lane.start[i]), right = plot.x(lane.start[i] + lane.length[i]);
        const label = lane.label[i];
        // What would fall on the pixel just painted in the same colour shows nothing new.
        if (right <= edge && label === shade) continue;
        const busy = lane.busy ? Math.max(0.15, lane.busy[i]) : 1;
        const end = Math.max(right, left + 0.7);
        pen.globalAlpha = marked < 0 || marked === label ? 1 : 0.14;
        pen.fillStyle = colour(label);
        pen.fillRect(left, top + tall * (1 - busy), end - left, tall * busy);
        if (end - left > 4 && tall > 10) {
          pen.fillStyle = theme("--page");  // a seam between neighbours of one colour
          pen.fillRect(end - 0.6, top, 0.6, tall);
        }
        if (end - left > 44 && tall > 12) drawName(pen, data.labels[label], left, end, top, tall);
        edge = Math.ceil(end);
        shade = label;
      }
      pen.globalAlpha = 1;
    }

    function drawName(pen, name, left, end, top, tall) {
      const start = Math.max(left, LEFT), room = end - start - 8;
      pen.fillStyle = "#ffffff";
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      if (room > 0 && pen.measureText(name).width <= room) {
        pen.fillText(name, start + 4, top + tall / 2 + 0.5);
      }
    }

    const plot = addPlot("Tasks by worker", lanes.length * row + AXIS, (plot, pen) => {
      lanes.forEach((lane, i) => {
        pen.fillStyle = theme("--lane");
        pen.fillRect(LEFT, i * row, plot.width - LEFT - RIGHT, row - gap);
        drawLane(plot, pen, lane, i * row, row - gap);
      });
      pen.restore();
      pen.save();
      pen.fillStyle = theme("--quiet");
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      const every = Math.ceil(13 / row);
      lanes.forEach((lane, i) => {
        if (i % every === 0) pen.fillText(lane.name, LEFT - 8, Math.max(6, i * row + (row - gap) / 2));
      });
    }, (x, y) => {
      const lane = lanes[Math.floor(y / row)];
      if (!lane) return "";
      const time = plot.time(x), slack = (to - from) / plot.width;
      let best = -1;
      for (let i = firstBar(lane, time - slack); i < lane.start.length; i++) {
        if (lane.start[i] > time + slack) break;
        if (lane.start[i] + lane.length[i] >= time - slack) best = i;
      }
      if (best < 0) return `worker ${lane.name}: idle at ${duration(Math.round(time))}`;
      const many = lane.count && lane.count[best] > 1;
      const head = many
        ? `${lane.count[best].toLocaleString("en")} short tasks, mostly ${data.labels[lane.label[best]]}`
        : data.labels[lane.label[best]];
      const lines = [head];
      if (!many && lane.key && lane.key[best]) lines.push(lane.key[best]);
      lines.push(many
        ? `busy ${Math.round(100 * lane.busy[best])}% of ${duration(lane.length[best])}`
        : `took ${duration(lane.length[best])}`);
      lines.push(`from ${duration(lane.start[best])} on worker ${lane.name}`);
      return lines.join("\n");
    });
  }

  // -- curves -----------------------------------------------------------------------------------

  function addCurve(curve) {
    const height = 110 + AXIS, bottom = height - AXIS, times = curve.times;
    const top = curve.values.reduce((most, value) => Math.max(most, value), 0) * 1.08 || 1;
    // A value of the shape "before" belongs to the interval that ends with it, so the first has none.
    const before = curve.shape === "before";
    const y = (value) => bottom - (value / top) * (bottom - 6);

    const plot = addPlot(`${curve.name} (${curve.unit})`, height, (plot, pen) => {
      pen.beginPath();
      times.forEach((time, i) => {
        const x = plot.x(time);
        if (i === 0) pen.moveTo(x, y(curve.values[before && times.length > 1 ? 1 : 0]));
        else if (before) pen.lineTo(plot.x(times[i - 1]), y(curve.values[i]));
        else if (curve.shape === "after") pen.lineTo(x, y(curve.values[i - 1]));
        if (i > 0) pen.lineTo(x, y(curve.values[i]));
      });
      pen.strokeStyle = theme("--curve");
      pen.lineWidth = 1.5;
      pen.stroke();
      pen.lineTo(plot.x(times[times.length - 1]), bottom);
      pen.lineTo(plot.x(times[0]), bottom);
      pen.fillStyle = theme("--fill");
      pen.fill();
      pen.restore();
      pen.save();
      pen.fillStyle = theme("--quiet");
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      const size = step(top, 4);
      for (let value = 0; value <= top; value += size) {
        pen.fillText(compact(value), LEFT - 8, Math.max(6, y(value)));
      }
    }, (x) => {
      const time = plot.time(x);
      let i = times.findIndex((t) => t > time);
      if (i < 0) i = times.length;
      if (i === 0 || (i === times.length && curve.shape !== "after" && time > times[i - 1])) return "";
      const near = curve.shape === "line" && i < times.length &&
        times[i] - time < time - times[i - 1];
      const at = before || near ? i : i - 1;
      const value = curve.values[Math.min(at, times.length - 1)];
      return `${value.toLocaleString("en")} ${curve.unit}\nat ${duration(Math.round(time))}`;
    });
  }

  if (data.lanes.length) addTimeline(data.lanes);
  data.curves.forEach(addCurve);

  // -- moving about -----------------------------------------------------------------------------

  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      plots.forEach((plot) => plot.draw());
    });
  }

  function look(start, end) {
    const width = Math.min(span, Math.max(10, end - start));
    from = Math.min(Math.max(0, start), span - width);
    to = from + width;
    redraw();
  }

  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);

  for (const plot of plots) {
    const place = (event) => {
      const box = plot.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let grabbed = null;
    plot.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const time = plot.time(place(event)[0]), scale = Math.exp(event.deltaY * 0.0016);
      look(time - (time - from) * scale, time + (to - time) * scale);
    }, { passive: false });
    plot.canvas.addEventListener("dblclick", () => look(0, span));
    plot.canvas.addEventListener("pointerdown", (event) => {
      plot.canvas.setPointerCapture(event.pointerId);
      grabbed = { x: event.clientX, from, to };
    });
    plot.canvas.addEventListener("pointerup", () => { grabbed = null; });
    plot.canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
    plot.canvas.addEventListener("pointermove", (event) => {
      if (grabbed) {
        const moved = ((event.clientX - grabbed.x) / (plot.width - LEFT - RIGHT)) *
          (grabbed.to - grabbed.from);
        look(grabbed.from - moved, grabbed.to - moved);
      }
      const [x, y] = place(event);
      const text = x >= LEFT && x <= plot.width - RIGHT ? plot.describe(x, y) : "";
      tip.hidden = !text;
      tip.textContent = text;
      tip.style.left = `${Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8)}px`;
      tip.style.top = `${Math.min(event.clientY + 14, window.innerHeight - tip.offsetHeight - 8)}px`;
    });
  }

  for (const row of document.querySelectorAll("tr[data-label]")) {
    const label = Number(row.dataset.label);
    row.querySelector("i").style.background = colour(label);
    row.addEventListener("mouseenter", () => { marked = label; redraw(); });
    row.addEventListener("mouseleave", () => { marked = -1; redraw(); });
  }

  window.addEventListener("resize", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  plots.forEach((plot) => plot.draw());
})();

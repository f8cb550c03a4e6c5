// The map of a dataset, in place of the sketch that the server drew. Without it, or where the
// browser cannot draw it, the sketch stays.

const place = document.getElementById("map");

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function style() {
  // the places for zoom and square stay as they are, what a filter asks for stays escaped
  const whole = new URL(place.dataset.tiles, location.href).href;
  const tiles = whole.replace("%7Bz%7D/%7Bx%7D/%7By%7D", "{z}/{x}/{y}");
  return {
    version: 8,
    sources: {
      rows: { type: "vector", tiles: [tiles], maxzoom: 18, tileSize: 512 },
      regions: { type: "geojson", data: new URL(place.dataset.boundaries, location.href).href },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colour("--panel") } },
      { id: "inside", type: "fill", source: "regions",
        paint: { "fill-color": colour("--raised"), "fill-opacity": 0.8 } },
      { id: "borders", type: "line", source: "regions",
        paint: { "line-color": colour("--quiet"), "line-width": 1 } },
      { id: "areas", type: "fill", source: "rows", "source-layer": "areas",
        paint: { "fill-color": colour("--accent"), "fill-opacity": 0.3 } },
      { id: "rims", type: "line", source: "rows", "source-layer": "areas",
        paint: { "line-color": colour("--accent"), "line-width": 1.5 } },
      { id: "lines", type: "line", source: "rows", "source-layer": "lines",
        layout: { "line-cap": "round", "line-join": "round" },
        paint: { "line-color": colour("--accent"), "line-width": 3 } },
      { id: "points", type: "circle", source: "rows", "source-layer": "points",
        paint: {
          "circle-color": colour("--accent"), "circle-opacity": 0.75,
          "circle-stroke-color": colour("--raised"), "circle-stroke-width": 1,
          "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 4, 40, 18],
        } },
    ],
  };
}

async function draw() {
  const library = await import(new URL(place.dataset.library, location.href).href);
  library.setWorkerUrl(new URL(place.dataset.worker, location.href).href);
  const [west, south, east, north] = place.dataset.box.split(",").map(Number);
  const sheet = document.createElement("div");
  sheet.className = "map-sheet";
  place.append(sheet);
  const map = new library.Map({
    container: sheet,
    style: style(),
    bounds: [[west, south], [east, north]],
    attributionControl: false,
    maxZoom: 18,
    dragRotate: false,
    locale: { "Map.Title": place.dataset.name },
  });
  map.addControl(new library.NavigationControl({ showCompass: false }));
  map.addControl(new library.ScaleControl());
  map.once("load", () => place.classList.add("drawn"));
  map.on("click", (event) => {
    const [first] = map.queryRenderedFeatures(event.point, { layers: ["points", "lines", "areas"] });
    if (!first) return;
    const spot = first.layer.id === "points" ? first.geometry.coordinates : event.lngLat.toArray();
    const told = document.createElement("p");
    const [lon, lat] = spot.map((one) => one.toFixed(5));
    told.textContent = `${place.dataset.rows} ${first.properties.count} · ${lon}, ${lat}`;
    new library.Popup().setLngLat(event.lngLat).setDOMContent(told).addTo(map);
  });
}

if (place) draw().catch(() => place.querySelector(".map-sheet")?.remove());

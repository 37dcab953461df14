"""Whether texts can be read: every visible one against the ground behind it, measured in the browser."""

LEAST_CONTRAST = 4.5

# every visible text against the nearest opaque ground behind it (WCAG 2.2, 1.4.3)
CONTRASTS = """(least) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (channels) => {
    const [r, g, b] = channels.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (start) => {
    for (let at = start; at !== null; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 200) return colour;
    }
    return rgba(getComputedStyle(document.body).backgroundColor);
  };
  const poor = [];
  let seen = 0;
  for (const one of document.querySelectorAll("body *")) {
    const text = [...one.childNodes].filter((child) => child.nodeType === 3).map((child) => child.data.trim()).join("");
    if (text === "" || !one.checkVisibility({ contentVisibilityAuto: true })) continue;
    if (one.closest("option, script, style") !== null) continue;
    seen += 1;
    const [a, b] = [light(rgba(getComputedStyle(one).color)), light(ground(one))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < least) poor.push(`${text.slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return { seen, poor };
}"""

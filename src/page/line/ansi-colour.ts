/**
 * One of the sixteen colours a theme defines: 0 to 7 are black, red, green, yellow, blue, magenta, cyan and white, 8 to
 * 15 their bright forms. Richer colours are brought down to these, because only the theme defines shades that are
 * legible on its background.
 */
export type ThemeColour = number;

/** The upper ends, in degrees of hue, of red, yellow, green, cyan, blue and magenta; what is beyond is red again. */
const hueEnds: readonly (readonly [end: number, colour: ThemeColour])[] = [
  [20, 1],
  [70, 3],
  [165, 2],
  [200, 6],
  [265, 4],
  [330, 5],
  [360, 1],
];

/** The theme's colour for one of the 256 of `38;5;n`: sixteen named ones, a cube of 6 x 6 x 6, a ramp of 24 greys. */
export function fromPalette(index: number): ThemeColour {
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return fromRgb(grey, grey, grey);
  }
  const cube = index - 16;
  return fromRgb(cubeLevel(Math.floor(cube / 36)), cubeLevel(Math.floor(cube / 6) % 6), cubeLevel(cube % 6));
}

/**
 * The theme's colour for a 24-bit one (`38;2;r;g;b`, each 0 to 255). The hue decides, because it carries the meaning
 * (red is an error); a distance in RGB would turn every pastel white.
 */
export function fromRgb(red: number, green: number, blue: number): ThemeColour {
  const most = Math.max(red, green, blue);
  const chroma = most - Math.min(red, green, blue);
  if (chroma < 32) return greyFor(most);
  const hue = hueOf(red, green, blue, most, chroma);
  const colour = hueEnds.find(([end]) => hue < end)?.[1] ?? 1;
  return most >= 224 ? colour + 8 : colour;
}

function greyFor(level: number): ThemeColour {
  if (level < 64) return 0;
  if (level < 160) return 8;
  return level < 240 ? 7 : 15;
}

function hueOf(red: number, green: number, blue: number, most: number, chroma: number): number {
  if (most === red) return ((green - blue) / chroma) * 60 + (green < blue ? 360 : 0);
  if (most === green) return ((blue - red) / chroma) * 60 + 120;
  return ((red - green) / chroma) * 60 + 240;
}

function cubeLevel(step: number): number {
  return step === 0 ? 0 : 55 + step * 40;
}

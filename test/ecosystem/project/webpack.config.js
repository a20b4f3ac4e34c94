export default {
  mode: "production",
  target: "node20",
  entry: "./src/main.js",
  experiments: { outputModule: true },
  output: { module: true, filename: "main.js" },
};

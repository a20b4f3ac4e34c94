/**
 * The program loads this module before it starts. When its parent asks, it collects garbage and reports the resources
 * of its process.
 */
process.on("message", () => {
  void (async () => {
    const { gc } = globalThis;
    // Objects that wait for a finalizer go with a later collection.
    for (let count = 0; count < 5; count++) {
      gc?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    let resources: string[] = [];
    // An immediate that is not scheduled again is gone in the next turns of the event loop.
    for (let turn = 0; turn < 100; turn++) {
      resources = process.getActiveResourcesInfo().sort();
      if (!resources.includes("Immediate")) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    process.send?.({ rss, heapUsed, external, resources });
  })();
});
// The program decides when it ends.
process.channel?.unref();

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
    // An immediate is work of one turn of the event loop, and not kept.
    const resources = process.getActiveResourcesInfo().filter((kind) => kind !== "Immediate");
    process.send?.({ rss, heapUsed, external, resources: resources.sort() });
  })();
});
// The program decides when it ends.
process.channel?.unref();

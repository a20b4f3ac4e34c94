import assert from "node:assert/strict";
import { CONNECTED } from "./build-tab.mjs";
import { newFirefoxPage } from "./firefox.mjs";
import { until } from "./until.mjs";

/** Runs in the page: the state of an element, or `undefined` if it is not shown. */
function readElement(selector) {
  const element = document.querySelector(selector);
  return element?.checkVisibility() ? { text: element.textContent, ...element.dataset } : undefined;
}

/** Runs in the page: whether the last such element is in the visible part of the log. */
function isInSight(selector) {
  const element = [...document.querySelectorAll(selector)].at(-1);
  if (element === undefined) return false;
  const frame = document.getElementById("log").getBoundingClientRect();
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > top && top >= frame.top - 1 && bottom <= frame.bottom + 1;
}

/** A window of Firefox with the page of a build server, as a person sees and uses it. */
export class FirefoxTab {
  /** Puppeteer's page. */
  page;
  /** The browser's complaints: errors, and violations of the content security policy. */
  complaints = [];

  /** Opens the page in a new window, and waits until it is connected. */
  static async open(context, url) {
    const tab = new FirefoxTab();
    tab.page = await newFirefoxPage(context);
    tab.page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) tab.complaints.push(message.text());
    });
    tab.page.on("pageerror", (error) => tab.complaints.push(String(error)));
    await tab.page.evaluateOnNewDocument(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        console.error(`violates ${violatedDirective}: ${blockedURI}`);
      });
    });
    await tab.go(url);
    return tab;
  }

  /** Loads an address, and waits until the page is connected. */
  async go(url) {
    // An address that differs only in its fragment would not load.
    await this.page.goto("about:blank");
    await this.page.goto(url);
    await this.shows(CONNECTED);
  }

  /** Waits until an element is shown and has a text, part of its text, or a text that matches a pattern. */
  async shows(selector, text = "") {
    let seen;
    const matches = () => (text instanceof RegExp ? text.test(seen.text) : seen.text.includes(text));
    await until(
      async () => (seen = await this.page.evaluate(readElement, selector)) !== undefined && matches(),
      () => `${selector} never had the text "${text}", but "${seen?.text}"`,
    );
  }

  /** Waits until an element is not shown. */
  async hides(selector) {
    const isHidden = async () => (await this.page.evaluate(readElement, selector)) === undefined;
    await until(isHidden, () => `${selector} stayed`);
  }

  /** Waits until the last such element is in the visible part of the log. */
  async inSight(selector) {
    await until(() => this.page.evaluate(isInSight, selector), () => `${selector} never was in sight`);
  }

  /** Presses keys, one after another. */
  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** The texts of all elements of a kind. */
  texts(selector) {
    return this.page.$$eval(selector, (elements) => elements.map(({ textContent }) => textContent));
  }

  /** Asserts that the drawn lines have the texts of a log, by their numbers. Resolves with the first number. */
  async assertDrawn(log) {
    await until(async () => (await this.page.$$("#sections .absent")).length === 0);
    const rows = await this.page.$$eval("#sections .line", (elements) =>
      elements.map((row) => [".number", ".text"].map((part) => row.querySelector(part).textContent)),
    );
    for (const [number, text] of rows) assert.equal(text, log[Number(number) - 1], `line ${number}`);
    return Number(rows[0][0]);
  }
}

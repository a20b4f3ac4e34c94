import { byId } from "../dom.ts";
import { connectMenu } from "../keyboard/menu.ts";
import { recall, remember } from "../preferences.ts";
import { language, setLanguage } from "../words/words.ts";
import type { Language } from "../words/words.ts";

const LANGUAGES: readonly Language[] = ["en", "zh-CN"];

/** The menu with the theme, the language and the help for the keyboard. */
export class SettingsMenu {
  readonly #menu = byId("settings", HTMLDetailsElement);
  readonly #themes = [...this.#menu.querySelectorAll<HTMLButtonElement>("button[data-theme-choice]")];

  /** @param showKeys - Shows the help for the keyboard. */
  constructor(showKeys: () => void) {
    for (const button of this.#themes) button.addEventListener("click", () => this.#chooseTheme(button));
    this.#showTheme();
    for (const tag of LANGUAGES) {
      const button = byId(`language-${tag}`, HTMLButtonElement);
      button.setAttribute("aria-pressed", String(tag === language()));
      button.addEventListener("click", () => {
        if (tag !== language()) setLanguage(tag);
      });
    }
    const close = connectMenu(this.#menu);
    byId("keys-button", HTMLButtonElement).addEventListener("click", () => {
      close();
      showKeys();
    });
    addEventListener("storage", () => this.#showTheme());
  }

  #chooseTheme(button: HTMLButtonElement): void {
    remember("theme", button.dataset["themeChoice"] ?? "system");
    this.#showTheme();
    // The script in the head of the document sets the theme.
    dispatchEvent(new Event("tailcast:theme"));
  }

  #showTheme(): void {
    const chosen = recall("theme") ?? "system";
    for (const button of this.#themes) {
      button.setAttribute("aria-pressed", String(button.dataset["themeChoice"] === chosen));
    }
  }
}

import { byId } from "../dom.ts";
import { recall, remember } from "../preferences.ts";

/**
 * Makes a button a switch that shows the log in another way, and keeps its state until the next visit.
 *
 * @param id - The id of the button.
 * @param name - The name of the preference, and of the class that the log has while the switch is on.
 * @param byDefault - Whether the switch is on at the first visit.
 */
export function connectSwitch(id: string, name: string, byDefault: boolean): void {
  const button = byId(id, HTMLButtonElement);
  const show = (on: boolean): void => {
    button.setAttribute("aria-pressed", String(on));
    byId("log", HTMLElement).classList.toggle(name, on);
  };
  let isOn = (recall(name) ?? String(byDefault)) === "true";
  show(isOn);
  button.addEventListener("click", () => {
    isOn = !isOn;
    show(isOn);
    remember(name, String(isOn));
  });
}

import { byId, setText } from "./dom.ts";
import { Api } from "./server/api.ts";
import { translateDocument, words } from "./words/words.ts";

/** The history entry after {@link retryOnce} has reloaded the page. */
interface SignInState {
  readonly isRetried?: boolean;
}

const api = new Api();
const field = byId("token", HTMLInputElement);
const button = byId("sign-in-button", HTMLButtonElement);
const error = byId("sign-in-error", HTMLElement);

/** Sends the token. The server then answers this address with the page. */
async function signIn(): Promise<void> {
  if (button.disabled) return;
  button.disabled = true;
  complain("");
  try {
    if (field.value === "") complain(words().enterToken);
    else {
      await api.signIn(field.value);
      location.reload();
    }
  } catch (failure) {
    complain(failure instanceof Error ? failure.message : String(failure));
    field.select();
  } finally {
    button.disabled = false;
  }
}

function complain(text: string): void {
  setText(error, text);
  if (text === "") {
    field.removeAttribute("aria-invalid");
    return;
  }
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

/**
 * Loads this address again if the browser is signed in: it does not send the cookie with a link of another site
 * (SameSite=Strict), but with a request of this page.
 */
async function retryOnce(): Promise<void> {
  const { isRetried = false } = (history.state ?? {}) as SignInState;
  if (isRetried) return;
  try {
    const { role } = await api.getSession();
    if (role === null) return;
  } catch {
    // The person can sign in.
    return;
  }
  history.replaceState({ ...history.state, isRetried: true }, "");
  location.reload();
}

translateDocument();
byId("sign-in-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void signIn();
});
void retryOnce();

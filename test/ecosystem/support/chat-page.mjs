import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { useChat } from "@ai-sdk/react";

/** The smallest page with `useChat`: it shows the answer, and `ask` asks a question. */
function Page() {
  const { messages, sendMessage, status } = useChat({ id: "browser", resume: true });
  window.ask = (text) => void sendMessage({ text });
  window.status = status;
  const texts = messages.map(({ role, parts }) => {
    return `${role}: ${parts.map(({ text = "" }) => text).join("")}`;
  });
  return createElement("pre", { id: "chat" }, texts.join("\n"));
}

createRoot(document.body.appendChild(document.createElement("div"))).render(createElement(Page));

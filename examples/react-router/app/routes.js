import { route } from "@react-router/dev/routes";

export default [route("messages", "routes/messages.js"), route("clients", "routes/clients.js")];

import { Channel, closeOnSignal } from "tailcast";

export const channel = new Channel();
closeOnSignal("framework", channel, { retry: 1000 });

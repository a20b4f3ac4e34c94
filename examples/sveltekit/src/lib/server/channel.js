import { Channel } from "tailcast";

export const channel = new Channel();

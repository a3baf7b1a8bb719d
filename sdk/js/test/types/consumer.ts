// An application in TypeScript, as it sees the published types: compiled by `npm run check`, never run.
import { LimitError, RTMate, RefusedError, type Message, type State } from 'rtmate';
import { useChannel, usePresence } from 'rtmate/react';

const rt = new RTMate('wss://rt.example.com', { appId: 'shop', getToken: async () => 'a.b.c' });
const channel = rt.channel('chat:lobby');
const stop = new AbortController();

const off: () => void = channel.on('message', (message: Message) => {
  const id: string = message.id;
  console.log(id);
});
channel.on('gap', (gap) => console.log(gap));

export async function talk(): Promise<void> {
  await channel.subscribe({ rewind: 10, presence: 'watch', signal: stop.signal });
  try {
    const receipt = await channel.send({ text: 'hi' }, { name: 'note', key: 'k-1' });
    console.log(receipt.id);
  } catch (error) {
    if (error instanceof LimitError || error instanceof RefusedError) console.log(error.message);
  }
  for await (const message of channel) console.log(message.data);
  off();
  rt.close();
}

// @ts-expect-error a channel has no such event
channel.on('nonsense', () => undefined);
// @ts-expect-error presence is entered or watched
void channel.subscribe({ presence: 'enter' });

export const hooks = [useChannel, usePresence] as const;
export type Known = State;

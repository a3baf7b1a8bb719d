// @ts-check
/** All that this page does with the SDK, and what it takes to write one: the modules beside it show, they ask nothing. */
import { RTMate } from '/sdk/rtmate.js';
import { startPage } from './page.js';
import { subscribeToMost } from './wishes.js';

startPage(({ app, getToken }, page) => {
  const rt = new RTMate('/ws', { appId: app, getToken, language: 'en' });
  rt.on('state', page.state);
  rt.on('frame', page.frame);
  rt.on('token', page.token);
  rt.connect().catch(() => {}); // the state says why
  return {
    self: () => rt.clientId ?? '',
    retry: () => rt.connect().catch(() => {}),
    close: () => rt.close(),
    enter(name, room) {
      const channel = rt.channel(name);
      channel.on('message', room.message);
      channel.on('gap', room.gap);
      channel.on('subscribed', room.subscribed);
      channel.on('unsubscribed', room.unsubscribed);
      channel.presence.on('change', room.members);
      const send = (/** @type {string} */ text, /** @type {string} */ key) => channel.send({ text }, { key });
      return { channel, send, join: () => subscribeToMost(channel), leave: () => channel.unsubscribe() };
    },
  };
});

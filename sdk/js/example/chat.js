// A chat in a browser without a build step: React and RTMate come by the import map of index.html.
import { createElement as h, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { RTMate } from 'rtmate';
import { RTMateProvider, useChannel, useConnection, usePresence } from 'rtmate/react';

const client = new RTMate('ws://127.0.0.1:3000/ws', {
  appId: 'my-app',
  getToken: async ({ signal }) => (await fetch('/token', { signal })).text(),
});

function Chat() {
  const connection = useConnection();
  const { messages, send, missing, error } = useChannel('chat:lobby', { rewind: 50 });
  const { members } = usePresence('chat:lobby');
  const [text, setText] = useState('');

  /** @param {import('react').FormEvent} event */
  const submit = (event) => {
    event.preventDefault();
    if (text) send({ text }).catch((error) => alert(error.message));
    setText('');
  };

  return h('div', null,
    h('h1', null, 'Lobby ', connection !== 'online' && h('small', { className: 'quiet' }, 'reconnecting…')),
    h('p', { className: 'quiet' }, 'Here: ', members.map(({ client }) => client).join(', ')),
    missing && h('p', { className: 'quiet' }, 'Some messages are missing.'),
    error && h('p', { role: 'alert' }, error.message),
    h('ol', null, messages.map(({ id, from, data }) => h('li', { key: id }, h('b', null, from?.client), ' ', data.text))),
    h('form', { onSubmit: submit },
      h('input', { value: text, placeholder: 'Say something', 'aria-label': 'Message', onChange: ({ target }) => setText(target.value) })),
  );
}

const root = /** @type {HTMLElement} */ (document.getElementById('chat'));
createRoot(root).render(h(RTMateProvider, { client }, h(Chat)));

// @ts-check
/** English. `one|many` is chosen by `n`. */
import { verdictsEn } from './verdicts-en.js';

export const en = {
  ...verdictsEn,
  'brand.sub': 'console', 'loading': 'Loading…', 'now': 'just now', 'ago': '{span} ago', 'again': 'Try again', 'all': 'All', 'cancel': 'Cancel', 'done': 'Done',
  'copied': 'Copied', 'copy.of': 'Copy {text}', 'more.n': 'and {n} more', 'per.second': '/s', 'theme': 'Colours', 'theme.system': 'as the system', 'theme.light': 'light', 'theme.dark': 'dark', 'out': 'Sign out',
  'span.s': '{s} s', 'span.m': '{m} min {s} s', 'span.h': '{h} h {m} min', 'span.d': '{d} d {h} h',
  'page.before': 'Previous page', 'page.next': 'Next page', 'page.first': 'First page',
  'denied': 'You may not do this: the session lacks the scope “{scope}”.',
  'lost.now': 'The server does not answer. Trying again.', 'lost': 'The server does not answer.', 'lost.act': 'No answer came: it may have been done, or not. It is not tried again.', 'retry.after': 'try again in {span}', 'link.live': 'Live', 'link.lost': 'Reconnecting…',
  'nowhere.title': 'There is nothing here', 'nowhere.text': 'The address names no view.', 'nowhere.home': 'To the start',
  'elsewhere.title': 'Another app', 'elsewhere.text': 'This session is for {app} alone.',

  'nav.main': 'App', 'nav.server': 'Server', 'nav.app': 'App', 'nav.menu': 'Menu', 'nav.skip': 'Skip to the content', 'nav.where': 'Where you are', 'nav.apps': 'All apps',
  'nav.overview': 'Overview', 'nav.channels': 'Channels', 'nav.clients': 'Clients', 'nav.why': 'Why?', 'nav.webhooks': 'Webhooks', 'nav.usage': 'Usage', 'nav.settings': 'App',
  'who.operator': 'Operator', 'who.full': 'Full access', 'who.publisher': 'Reads and publishes', 'who.viewer': 'Viewer: changes nothing',

  'find.open': 'Find', 'find.placeholder': 'A client or a channel of {app}', 'find.apps': 'An app', 'find.client': 'Client', 'find.client.there': 'Client, connected', 'find.channel': 'Channel', 'find.why': 'Why does {client} get nothing?',

  'door.title': 'RTMate console', 'door.sub': 'Sign in with an API key', 'door.key': 'Key', 'door.app': 'App', 'door.app.all': 'All apps', 'door.app.hint': 'Only for a key of one app: its id. Empty with an operator’s key.',
  'door.viewer': 'View only', 'door.viewer.hint': 'This session can change nothing.', 'door.in': 'Sign in', 'door.expired': 'The session has ended. Please sign in again.', 'door.where': 'On the server’s machine, the demo app’s operator key is shown by',

  'apps.title': 'This server', 'apps.none': 'No apps yet', 'apps.none.text': 'Apps come from the configuration, or from POST /v1/apps.', 'app.name': 'App', 'app.status': 'Status', 'app.trend': 'Delivered, 5 minutes',
  'app.enable': 'Enable', 'app.disable': 'Disable', 'app.disable.ask': 'Disable {app}?', 'app.disable.text': 'All its connections end at once, and nobody new comes in until it is enabled again.',
  'app.delete': 'Delete', 'app.delete.ask': 'Delete {app}?', 'app.delete.text': 'Its connections end, and what its channels kept is gone. This can’t be undone.',
  'status.active': 'active', 'status.disabled': 'disabled', 'status.unusable': 'unusable', 'source.configuration': 'from the configuration', 'source.api': 'made over the API', 'source.demo': 'demo app, this machine only',

  'tile.connections': 'Connections', 'tile.channels': 'Channels', 'tile.subscriptions': 'Subscriptions', 'tile.published': 'Published', 'tile.delivered': 'Delivered', 'tile.refused': 'Refused requests', 'tile.delivery': 'Delivery latency', 'tile.delivery.server': 'Delivery latency, server', 'tile.command': 'Request latency',
  'node.p99': 'p99 {value}', 'node.version': 'RTMate {version}', 'node.up': 'up for {span}', 'node.memory': '{size} of memory', 'node.queues': '{size} of {limit} waiting for readers', 'node.draining': 'shutting down',
  'total.title': 'Since the server began', 'total.published': 'Published', 'total.delivered': 'Delivered', 'total.refused': 'Refused',
  'largest.title': 'Largest channels', 'largest.note': 'by subscribers', 'largest.none': 'No channels', 'largest.none.text': 'Nobody subscribes to anything.',
  'channels.n': '{n} channel|{n} channels', 'subscribers.n': '{n} subscriber|{n} subscribers', 'connections.n': '{n} connection|{n} connections',

  'events.title': 'What happens', 'events.none': 'Nothing has happened yet', 'events.off': 'This app keeps no events', 'events.off.text': 'With keep = true in [apps.events], or a webhook, what happens is listed here.',
  'event.connection.opened': 'Connected', 'event.connection.closed': 'Disconnected', 'event.channel.occupied': 'First subscriber', 'event.channel.vacated': 'Last subscriber left', 'event.member.joined': 'Joined', 'event.member.left': 'Left',
  'event.channel.subscription_count': 'Subscribers changed', 'event.message.published': 'Message', 'event.client.event': 'Client event', 'event.cache.missed': 'Cache missed', 'event.quota.reached': 'Quota used up', 'event.token.revoked': 'Tokens revoked', 'event.events.dropped': 'Events dropped',

  'channel': 'Channel', 'channels': 'Channels', 'subscribers': 'Subscribers', 'position': 'Position', 'position.none': 'no history', 'position.unbegun': 'nothing yet', 'epoch': 'Epoch', 'channels.prefix': 'How its name begins', 'channels.open': 'Open', 'channels.none': 'No such channel', 'channels.none.text': 'Only channels with subscribers are listed. Any other can be opened by its whole name.',
  'members': 'Members', 'members.none': 'Nobody is in it', 'members.off': 'No presence here', 'members.off.text': 'The channel’s namespace has presence switched off.', 'member.away': 'may return',
  'messages': 'Messages', 'messages.none': 'No messages kept', 'messages.off': 'No history here', 'messages.off.text': 'Watch the channel to see what comes.', 'from.backend': 'backend', 'message.why': 'Why?', 'message.id': 'Message', 'message.at': 'Sent', 'message.bytes': 'Size',
  'watch': 'Watch live', 'watch.stop': 'Stop watching', 'watch.live': 'live', 'watch.waiting': 'connecting…',
  'send.title': 'Send a test message', 'send.data': 'Data', 'send.name': 'Name (optional)', 'send.json': 'Sent as JSON. Ctrl+Enter sends.', 'send.text': 'This is no JSON: it is sent as text.', 'send': 'Send', 'sent': 'Sent.', 'sent.offset': 'Sent as number {offset}.',
  'purge': 'Purge history', 'purge.ask': 'Forget all messages of {channel}?', 'purge.text': 'They can’t be fetched any more. Who is away now is told on return that messages are missing.', 'purged': 'History purged',

  'client': 'Client', 'clients': 'Clients', 'connections': 'Connections', 'client.since': 'Since', 'client.guest': 'guest', 'client.watches': 'watches', 'client.queued': '{size} waiting for it', 'client.heard': 'heard', 'clients.prefix': 'How its id begins', 'clients.open': 'Open', 'clients.none': 'No such client is connected', 'clients.none.text': 'Any other can be opened by its whole id.',
  'client.there': '{n} connection|{n} connections', 'client.away': 'not connected', 'client.away.text': 'No connection of this client is open now.', 'client.no.channels': 'subscribed to nothing', 'opened': 'opened', 'token.until': 'token until {time}',
  'subscribe': 'Subscribe', 'subscribe.ask': 'Subscribe {client} to a channel', 'subscribe.now': 'Subscribe {client} to {channel}?', 'subscribe.text': 'All its connections are subscribed, without a grant, until they end. The client can’t unsubscribe by itself.', 'subscribe.it': 'Subscribe it now', 'subscribed.to': 'Subscribed to {channel}',
  'unsubscribe': 'Unsubscribe', 'unsubscribe.of': 'Unsubscribe from {channel}', 'unsubscribe.ask': 'Unsubscribe {client} from {channel}?', 'unsubscribe.text': 'The client is told. It may subscribe again where its grants allow it.', 'unsubscribed': 'Unsubscribed from {channel}',
  'disconnect': 'Disconnect', 'disconnect.ask': 'Disconnect {client}?', 'disconnect.text': 'All its connections end. Its token stays good: the client can be connected anew by its page.', 'disconnect.back': 'Let it come back by itself', 'disconnect.back.hint': 'It reconnects after a moment and fetches what is new.', 'disconnected': '{n} connection ended|{n} connections ended',
  'revoke': 'Revoke tokens', 'revoke.ask': 'Revoke all tokens of {client}?', 'revoke.text': 'Its connections end, and no token issued until now is good any more. This can’t be undone; the client needs a new token.', 'revoked': 'Revoked; {n} connection ended|Revoked; {n} connections ended',
  'revoke.token': 'Revoke one token', 'revoke.token.hint': 'By its id, the claim jti. Connections that came in with it end at once.', 'revoke.token.ask': 'Revoke the token {token}?', 'revoke.token.text': 'Nobody comes in with it any more. This can’t be undone.',

  'facts.title': 'What the server remembers', 'facts.none': 'Nothing is remembered', 'facts.since': 'Complete since {time}; a restart forgets.',
  'webhooks.none': 'No webhooks', 'webhooks.none.text': 'They are part of the app’s configuration: [[apps.webhooks]].', 'webhooks.off': 'This server keeps no events', 'webhooks.off.text': 'Webhooks need a data directory; this server runs without one.',
  'webhook.good': 'up to date', 'webhook.behind': 'on its way', 'webhook.failing': 'failing', 'webhook.off': 'switched off', 'webhook.lag': '{n} event behind|{n} events behind', 'webhook.lag.label': 'Events behind', 'webhook.waiting': 'Oldest waits since', 'webhook.attempts': '{n} attempt|{n} attempts', 'webhook.since': 'failing since', 'webhook.next': 'next attempt at {time}',
  'webhook.test': 'Test', 'webhook.taken': 'The receiver took the test', 'webhook.retry': 'Try now', 'webhook.retried': 'It is tried again', 'webhook.gone': 'No such webhook', 'webhook.host': 'Host', 'webhook.format': 'Format', 'webhook.cursor': 'Told up to event', 'webhook.number': 'Requests done',
  'letters': 'Dead letters', 'letters.none': 'No dead letters', 'letters.none.text': 'Every request was taken, or is still tried.', 'letters.replay.all': 'Send all again', 'letters.drop.all': 'Drop all', 'letters.drop': 'Drop', 'letters.drop.ask': 'Drop all dead letters of {webhook}?', 'letters.drop.text': 'They are never sent again.', 'letters.dropped': '{n} dropped', 'letters.replayed': '{n} taken', 'letters.stopped': '{n} taken; #{number} was not: {why}',
  'letter.body': 'Body', 'letter.replay': 'Send again', 'letter.drop': 'Drop', 'letter.drop.ask': 'Drop the dead letter #{number}?', 'letter.event': 'event {first}', 'letter.events': 'events {first} to {last}',

  'usage.metric': 'What', 'usage.month': 'Month', 'usage.days': 'by day, UTC', 'usage.total': 'Used in {month}', 'usage.used': 'Used', 'quotas': 'Quotas', 'quotas.none': 'This app has no monthly quota.', 'quotas.operators': 'The app’s limits are shown to operators.', 'bill': 'Bill', 'bill.none': 'No prices', 'bill.none.text': 'With [billing] in the configuration the bill is here.', 'bill.quantity': 'Quantity', 'bill.amount': 'Amount', 'bill.total': 'Total', 'bill.sofar': 'Total so far',
  'metric.messages': 'Messages', 'metric.deliveries': 'Deliveries', 'metric.bytes_in': 'Bytes in', 'metric.bytes_out': 'Bytes out', 'metric.connection_ms': 'Connection time', 'metric.connection_minutes': 'Connection minutes', 'metric.presence_ms': 'Presence time', 'metric.presence_minutes': 'Presence minutes', 'metric.peak_connections': 'Peak connections', 'metric.peak_channels': 'Peak channels', 'metric.history_bytes': 'History added', 'metric.webhook_deliveries': 'Webhook deliveries', 'metric.recoveries': 'Recoveries',
  'quota.monthly_messages': 'Messages', 'quota.monthly_deliveries': 'Deliveries', 'quota.monthly_connection_minutes': 'Connection minutes',

  'settings.document': 'Document', 'settings.document.note': 'secrets are not shown', 'settings.demo': 'The demo app has no document', 'settings.fixed': 'It can’t be changed here: {source}.', 'settings.operators': 'Shown to operators', 'settings.operators.text': 'A key of one app is not told the app’s document.',
};

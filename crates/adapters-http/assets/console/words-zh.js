// @ts-check
/** 中文。 */
import { verdictsZh } from './verdicts-zh.js';

/** @type {Record<keyof typeof import('./words-en.js').en, string>} */
export const zh = {
  ...verdictsZh,
  'brand.sub': '控制台', 'loading': '加载中…', 'now': '刚刚', 'ago': '{span}前', 'again': '重试', 'all': '全部', 'cancel': '取消', 'done': '完成',
  'copied': '已复制', 'copy.of': '复制 {text}', 'more.n': '还有 {n} 个', 'per.second': '/秒', 'theme': '配色', 'theme.system': '跟随系统', 'theme.light': '浅色', 'theme.dark': '深色', 'out': '退出登录',
  'span.s': '{s} 秒', 'span.m': '{m} 分 {s} 秒', 'span.h': '{h} 小时 {m} 分', 'span.d': '{d} 天 {h} 小时',
  'page.before': '上一页', 'page.next': '下一页', 'page.first': '第一页',
  'denied': '无权执行：当前会话缺少权限“{scope}”。',
  'lost.now': '服务器没有应答，正在重试。', 'lost': '服务器没有应答。', 'lost.act': '没有收到应答：操作可能已完成，也可能没有。不会自动重试。', 'retry.after': '{span}后重试', 'link.live': '实时', 'link.lost': '正在重新连接…',
  'nowhere.title': '这里什么都没有', 'nowhere.text': '该地址没有对应的页面。', 'nowhere.home': '回到首页',
  'elsewhere.title': '这是另一个应用', 'elsewhere.text': '当前会话仅限应用 {app}。',

  'nav.main': '应用', 'nav.server': '服务器', 'nav.app': '应用', 'nav.menu': '菜单', 'nav.skip': '跳到内容', 'nav.where': '当前位置', 'nav.apps': '所有应用',
  'nav.overview': '概览', 'nav.channels': '频道', 'nav.clients': '客户端', 'nav.why': '为什么？', 'nav.webhooks': 'Webhook', 'nav.usage': '用量', 'nav.settings': '应用设置',
  'who.operator': '运维人员', 'who.full': '全部权限', 'who.publisher': '可查看、可发布', 'who.viewer': '只读，不能更改',

  'find.open': '查找', 'find.placeholder': '{app} 的客户端或频道', 'find.apps': '应用', 'find.client': '客户端', 'find.client.there': '客户端，在线', 'find.channel': '频道', 'find.why': '{client} 为什么收不到消息？',

  'door.title': 'RTMate 控制台', 'door.sub': '用 API 密钥登录', 'door.key': '密钥', 'door.app': '应用', 'door.app.all': '所有应用', 'door.app.hint': '只有单个应用的密钥才需要填写应用 id；运维密钥请留空。',
  'door.viewer': '只读', 'door.viewer.hint': '本次会话不能更改任何东西。', 'door.in': '登录', 'door.expired': '会话已结束，请重新登录。', 'door.where': '在服务器本机上，用以下命令查看演示应用的运维密钥',

  'apps.title': '本服务器', 'apps.none': '还没有应用', 'apps.none.text': '应用来自配置文件，或通过 POST /v1/apps 创建。', 'app.name': '应用', 'app.status': '状态', 'app.trend': '5 分钟投递',
  'app.enable': '启用', 'app.disable': '停用', 'app.disable.ask': '停用 {app}？', 'app.disable.text': '它的所有连接会立即断开，重新启用之前无人能够连接。',
  'app.delete': '删除', 'app.delete.ask': '删除 {app}？', 'app.delete.text': '它的连接会断开，频道保存的内容会消失，且无法恢复。',
  'status.active': '正常', 'status.disabled': '已停用', 'status.unusable': '不可用', 'source.configuration': '来自配置文件', 'source.api': '通过 API 创建', 'source.demo': '演示应用，仅限本机',

  'tile.connections': '连接', 'tile.channels': '频道', 'tile.subscriptions': '订阅', 'tile.published': '发布', 'tile.delivered': '投递', 'tile.refused': '被拒绝的请求', 'tile.delivery': '投递延迟', 'tile.delivery.server': '投递延迟（服务器）', 'tile.command': '请求延迟',
  'node.p99': 'p99 {value}', 'node.version': 'RTMate {version}', 'node.up': '已运行 {span}', 'node.memory': '内存 {size}', 'node.queues': '等待读取 {size} / {limit}', 'node.draining': '正在关闭',
  'total.title': '服务器启动以来', 'total.published': '发布', 'total.delivered': '投递', 'total.refused': '拒绝',
  'largest.title': '最大的频道', 'largest.note': '按订阅数', 'largest.none': '没有频道', 'largest.none.text': '目前没有任何订阅。',
  'channels.n': '{n} 个频道', 'subscribers.n': '{n} 个订阅者', 'connections.n': '{n} 个连接',

  'events.title': '正在发生', 'events.none': '还没有发生任何事', 'events.off': '该应用不保存事件', 'events.off.text': '在 [apps.events] 中设置 keep = true，或配置 webhook，这里就会列出发生的事。',
  'event.connection.opened': '连接', 'event.connection.closed': '断开', 'event.channel.occupied': '首个订阅者', 'event.channel.vacated': '最后的订阅者离开', 'event.member.joined': '加入', 'event.member.left': '离开',
  'event.channel.subscription_count': '订阅数变化', 'event.message.published': '消息', 'event.client.event': '客户端事件', 'event.cache.missed': '缓存未命中', 'event.quota.reached': '配额用尽', 'event.token.revoked': 'token 被吊销', 'event.events.dropped': '事件被丢弃',

  'channel': '频道', 'channels': '频道', 'subscribers': '订阅者', 'position': '位置', 'position.none': '无历史', 'position.unbegun': '尚无消息', 'epoch': 'Epoch', 'channels.prefix': '频道名的开头', 'channels.open': '打开', 'channels.none': '没有这样的频道', 'channels.none.text': '这里只列出有订阅者的频道；其他频道可用完整名称打开。',
  'members': '成员', 'members.none': '没有成员', 'members.off': '这里没有在线成员功能', 'members.off.text': '该频道的命名空间未启用 presence。', 'member.away': '可能会回来',
  'messages': '消息', 'messages.none': '没有保存的消息', 'messages.off': '这里没有历史', 'messages.off.text': '实时观看频道即可看到新消息。', 'from.backend': '后端', 'message.why': '为什么？', 'message.id': '消息', 'message.at': '发送时间', 'message.bytes': '大小',
  'watch': '实时观看', 'watch.stop': '停止观看', 'watch.live': '实时', 'watch.waiting': '连接中…',
  'send.title': '发送测试消息', 'send.data': '数据', 'send.name': '名称（可选）', 'send.json': '按 JSON 发送，Ctrl+Enter 发送。', 'send.text': '这不是 JSON，将作为文本发送。', 'send': '发送', 'sent': '已发送。', 'sent.offset': '已发送，编号 {offset}。',
  'purge': '清空历史', 'purge.ask': '清空 {channel} 的所有消息？', 'purge.text': '之后无法再取回。此刻不在线的客户端回来时会得知有消息缺失。', 'purged': '历史已清空',

  'client': '客户端', 'clients': '客户端', 'connections': '连接', 'client.since': '开始时间', 'client.guest': '访客', 'client.watches': '观看者', 'client.queued': '{size} 等待它读取', 'client.heard': '最近活动', 'clients.prefix': '客户端 id 的开头', 'clients.open': '打开', 'clients.none': '没有这样的在线客户端', 'clients.none.text': '其他客户端可用完整 id 打开。',
  'client.there': '{n} 个连接', 'client.away': '不在线', 'client.away.text': '该客户端目前没有连接。', 'client.no.channels': '没有订阅任何频道', 'opened': '打开于', 'token.until': 'token 有效至 {time}',
  'subscribe': '订阅', 'subscribe.ask': '让 {client} 订阅一个频道', 'subscribe.now': '让 {client} 订阅 {channel}？', 'subscribe.text': '它的所有连接都会被订阅，无需授权，直到连接结束。客户端自己不能退订。', 'subscribe.it': '立即订阅', 'subscribed.to': '已订阅 {channel}',
  'unsubscribe': '退订', 'unsubscribe.of': '退订 {channel}', 'unsubscribe.ask': '让 {client} 退订 {channel}？', 'unsubscribe.text': '客户端会得到通知；若其授权允许，它可以重新订阅。', 'unsubscribed': '已退订 {channel}',
  'disconnect': '断开', 'disconnect.ask': '断开 {client}？', 'disconnect.text': '它的所有连接会结束。token 仍然有效：页面可以重新连接。', 'disconnect.back': '允许它自动重连', 'disconnect.back.hint': '片刻之后它会重新连接并取回新消息。', 'disconnected': '已断开 {n} 个连接',
  'revoke': '吊销 token', 'revoke.ask': '吊销 {client} 的所有 token？', 'revoke.text': '它的连接会结束，此前签发的 token 全部失效，且无法撤销；客户端需要新的 token。', 'revoked': '已吊销，断开 {n} 个连接',
  'revoke.token': '吊销单个 token', 'revoke.token.hint': '按 token 的 id（声明 jti）。用它登录的连接会立即断开。', 'revoke.token.ask': '吊销 token {token}？', 'revoke.token.text': '之后无人能再用它登录，且无法撤销。',

  'facts.title': '服务器记得的事', 'facts.none': '没有任何记录', 'facts.since': '自 {time} 起完整；重启后清空。',
  'webhooks.none': '没有 webhook', 'webhooks.none.text': '它们属于应用的配置：[[apps.webhooks]]。', 'webhooks.off': '该服务器不保存事件', 'webhooks.off.text': 'Webhook 需要数据目录，而该服务器没有使用数据目录。',
  'webhook.good': '已送达最新', 'webhook.behind': '发送中', 'webhook.failing': '失败中', 'webhook.off': '已关闭', 'webhook.lag': '落后 {n} 个事件', 'webhook.lag.label': '落后的事件', 'webhook.waiting': '最早等待自', 'webhook.attempts': '尝试 {n} 次', 'webhook.since': '开始失败', 'webhook.next': '下次尝试 {time}',
  'webhook.test': '测试', 'webhook.taken': '接收方已接受测试', 'webhook.retry': '立即重试', 'webhook.retried': '正在重试', 'webhook.gone': '没有这个 webhook', 'webhook.host': '主机', 'webhook.format': '格式', 'webhook.cursor': '已通知到事件', 'webhook.number': '完成的请求',
  'letters': '死信', 'letters.none': '没有死信', 'letters.none.text': '所有请求都已被接受，或仍在尝试。', 'letters.replay.all': '全部重发', 'letters.drop.all': '全部丢弃', 'letters.drop': '丢弃', 'letters.drop.ask': '丢弃 {webhook} 的所有死信？', 'letters.drop.text': '它们不会再被发送。', 'letters.dropped': '已丢弃 {n} 封', 'letters.replayed': '已接受 {n} 封', 'letters.stopped': '已接受 {n} 封；#{number} 未被接受：{why}',
  'letter.body': '内容', 'letter.replay': '重发', 'letter.drop': '丢弃', 'letter.drop.ask': '丢弃死信 #{number}？', 'letter.event': '事件 {first}', 'letter.events': '事件 {first} 至 {last}',

  'usage.metric': '指标', 'usage.month': '月份', 'usage.days': '按天，UTC', 'usage.total': '{month}用量', 'usage.used': '用量', 'quotas': '配额', 'quotas.none': '该应用没有月度配额。', 'quotas.operators': '应用的限额仅对运维人员显示。', 'bill': '账单', 'bill.none': '没有价格', 'bill.none.text': '在配置中设置 [billing] 后，这里显示账单。', 'bill.quantity': '数量', 'bill.amount': '金额', 'bill.total': '合计', 'bill.sofar': '目前合计',
  'metric.messages': '消息', 'metric.deliveries': '投递', 'metric.bytes_in': '接收字节', 'metric.bytes_out': '发送字节', 'metric.connection_ms': '连接时长', 'metric.connection_minutes': '连接分钟', 'metric.presence_ms': '在线时长', 'metric.presence_minutes': '在线分钟', 'metric.peak_connections': '连接峰值', 'metric.peak_channels': '频道峰值', 'metric.history_bytes': '新增历史', 'metric.webhook_deliveries': 'Webhook 投递', 'metric.recoveries': '恢复次数',
  'quota.monthly_messages': '消息', 'quota.monthly_deliveries': '投递', 'quota.monthly_connection_minutes': '连接分钟',

  'settings.document': '应用文档', 'settings.document.note': '不显示机密', 'settings.demo': '演示应用没有文档', 'settings.fixed': '不能在这里更改：{source}。', 'settings.operators': '仅对运维人员显示', 'settings.operators.text': '单个应用的密钥看不到应用文档。',
};

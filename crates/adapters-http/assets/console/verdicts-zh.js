// @ts-check
/** 中文：客户端为什么收不到消息。 */

/** @type {Record<keyof typeof import('./verdicts-en.js').verdictsEn, string>} */
export const verdictsZh = {
  'why.title': '客户端为什么收不到消息？', 'why.sub': '填写客户端和频道；当前状态与服务器的记录会合成一个答案。', 'why.ask': '客户端为什么收不到消息？', 'why.here': '为什么有人在这里收不到消息？', 'why.client': '它为什么收不到消息？',
  'why.id': '消息、trace 或连接', 'why.id.hint': '填写 id；留空则为最新消息', 'why.go': '查明原因', 'why.again': '再问一次', 'why.answer': '答案', 'why.next': '怎么办', 'why.empty': '提个问题', 'why.empty.text': '最常见的：客户端“bob”在“chat:lobby”里收不到消息。',
  'why.there': '{client} 在线，有 {n} 个连接', 'why.last': '最近一次拒绝：', 'why.unrefused': '记录中它没有被拒绝过。', 'why.which': '它在哪个频道收不到消息？它订阅了：', 'why.message': '哪个客户端？', 'why.message.text': '请填写本应收到这条消息的客户端。', 'why.message.title': '这条消息', 'why.to.client': '查看客户端', 'why.to.channel': '查看频道', 'why.unknown': '未知时间',

  'checks.title': '检查了什么', 'check.app': '应用', 'check.connected': '在线', 'check.subscribed': '已订阅', 'check.published': '有消息发布', 'check.handed': '已交给客户端',
  'check.connections': '{n} 个连接', 'check.on': '{n} 个连接订阅了它', 'check.unsubscribed': '没有连接订阅该频道', 'check.latest': '最新消息', 'check.unpublished': '没有消息记录', 'check.refused': '最近一次发布被拒绝', 'check.nothing': '没有可交付的消息',

  'verdict.app_off.title': '应用未启用', 'verdict.app_off.why': '停用的应用拒绝所有人，包括 {client}。', 'verdict.app_off.next': '启用该应用。',
  'verdict.gone.title': '{client} 不在线', 'verdict.gone.why': '它最后的连接结束于 {when}：{reason}。在它回来之前，什么都无法投递。', 'verdict.gone.next': '检查客户端一侧：页面是否打开，是否在尝试重连？',
  'verdict.never_seen.title': '{client} 不在线', 'verdict.never_seen.why': '没有该客户端的连接，自 {when} 起也没有任何记录。', 'verdict.never_seen.next': '核对客户端 id（区分大小写）和应用。如果它确实在尝试连接，那么它的 token 在服务器知道它是谁之前就被拒绝了：请查看日志中的 auth 拒绝，以及 token 的签名、应用和有效期。',
  'verdict.never_asked.title': '{client} 在线，但没有订阅 {channel}', 'verdict.never_asked.why': '它没有请求过这个频道，也许订阅了名称相近的频道。', 'verdict.never_asked.next': '让客户端订阅；检查频道名是否有拼写错误；或者在这里替它订阅。',
  'verdict.denied.title': '{client} 请求订阅 {channel}，但没有权限', 'verdict.denied.why': '{when}：{rule}。', 'verdict.denied.next': '给它授权：在 token 的 caps 或应用的 default_grants 中加入匹配该频道并包含该操作的模式。之后客户端需要新的 token。',
  'verdict.refused.title': '{client} 请求订阅 {channel}，被拒绝：{reason}', 'verdict.refused.why': '订阅请求于 {when} 被拒绝。', 'verdict.refused.next': '消除所述原因，然后让客户端重新订阅。',
  'verdict.ended.title': '{client} 在线，但它对 {channel} 的订阅已结束', 'verdict.ended.why': '结束于 {when}：{reason}。', 'verdict.ended.next': '让客户端重新订阅，或在这里替它订阅。',
  'verdict.slow.title': '{client} 读取太慢', 'verdict.slow.why': '它的连接于 {when} 被断开：等待它读取的数据超过了队列上限（limits.queue）。它会回来，也可能再次落后。', 'verdict.slow.next': '少给它发一些，让它少订阅一些频道，或查找阻塞客户端读取的原因。',
  'verdict.behind.title': '{client} 没有读取发给它的数据', 'verdict.behind.why': '此刻有 {size} 在它的队列中等待。队列满时（limits.queue）连接会被断开。', 'verdict.behind.next': '查找阻塞客户端读取的原因，检查它的网络，或少给它发一些。',
  'verdict.hidden.title': '最新的消息不是给 {client} 的', 'verdict.hidden.why': '它已订阅并能收到消息，但这一条（{when}）对它隐藏：{reason}。', 'verdict.hidden.next': '如果它应当看到：发送时不要用 echo: false，发布时不要用 exclude。',
  'verdict.publish_refused.title': '没有消息到达，因为向 {channel} 发布被拒绝', 'verdict.publish_refused.why': '{client} 已订阅。最近一次发布尝试（{when}）被拒绝：{reason}。{rule}', 'verdict.publish_refused.next': '请在发送方解决：被拒绝的消息谁也看不到。',
  'verdict.nothing_published.title': '{channel} 没有发布过消息', 'verdict.nothing_published.why': '{client} 在线且已订阅。自 {when} 起没有发布记录，也没有发布尝试。', 'verdict.nothing_published.next': '检查发送方：它是否在发布，频道和应用是否正确？可以在频道页面发送测试消息，确认通路正常。',
  'verdict.later.title': '{client} 在最新消息之后才订阅', 'verdict.later.why': '它现在已订阅；自 {when} 的消息以来，{channel} 没有新的发布。', 'verdict.later.next': '下一条消息会到达。要取得更早的消息，客户端可在订阅时使用 rewind，或读取历史。',
  'verdict.unsure.title': '消息到来时订阅正在变化', 'verdict.unsure.why': '{when} 的消息与订阅变化相隔太近，无法确定先后。', 'verdict.unsure.next': '在频道页面发送测试消息，然后再问一次。',
  'verdict.forgotten.title': '记录已不存在', 'verdict.forgotten.why': '{client} 现在已订阅。记录从 {when} 开始，晚于该消息。', 'verdict.forgotten.next': '在频道页面发送测试消息，然后再问一次。',
  'verdict.handed.title': '{client} 已收到 {channel} 的最新消息', 'verdict.handed.why': '{when} 的消息已写入它的连接，服务器已尽责。', 'verdict.handed.next': '检查客户端一侧：是否在监听这个频道对象，代码是否抛出异常，客户端 id 和应用是否一致？',

  'next.gone.disconnected': '有人主动断开了它（运维人员或应用后端）。它不会自动回来：请刷新它的页面，或让它重新连接。',
  'next.gone.token_revoked': '它的 token 被吊销，需要由后端签发新的 token。', 'next.gone.token_expired': '它没有及时出示新的 token。检查给客户端提供 token 的环节（getToken、后端）。',
  'next.gone.too_slow': '它没有读取发给它的数据。少发一些，或查找阻塞客户端读取的原因。', 'next.gone.client_left': '它自己离开了：页面被关闭，或程序调用了 close()。',
  'next.gone.peer_lost': '网络断开了。客户端应当自动回来；检查它能否连到服务器。', 'next.gone.no_sign_of_life': '它不再应答。客户端应当自动回来；检查它的网络，或设备是否休眠。',
  'next.gone.too_many_bad_requests': '它反复请求不允许或不存在的东西，具体见下方记录。请修正客户端，或给它授权。',
  'next.gone.rate_limited': '它发送太快。检查客户端是否有死循环，或提高应用的限额。',
  'next.publish_refused.rate_limited': '应用或某个客户端的发布速度超过了限额。提高 limits.messages_per_second（或 deliveries），或少发一些。', 'next.publish_refused.quota_exceeded': '应用已用尽某项配额，见“用量”。',
  'next.refused.too_many_channels': '该连接的订阅已达上限：提高 limits.channels_per_connection，或退订一些频道。', 'next.ended.client': '客户端自己退订了。检查它的代码。', 'next.ended.grants': '它的新 token 不再授权该频道。检查后端写入 token 的内容。',

  'rule': '操作“{action}”不被允许：{source}中{rule}{pattern}', 'grants.token': 'token 的 caps', 'grants.default_grants': '应用的 default_grants', 'grants.guest': '访客权限', 'grants.signature': '频道签名', 'grants.watch': '观看者权限',
  'rule.no_pattern': '没有模式匹配该频道', 'rule.action_missing': '匹配的模式不含该操作', 'rule.reserved': '该前缀需要明确写出前缀的模式', 'rule.made_by_token': '订阅由 token 建立', 'rule.made_by_server': '订阅由后端建立',
  'said.handed': '已交给客户端', 'said.recovered': '客户端回来时作为早先的消息收到', 'said.hidden': '对客户端隐藏', 'said.not_subscribed': '当时客户端没有订阅', 'said.offline': '当时客户端不在线', 'said.forgotten': '记录已不存在', 'said.not_published': '发布被拒绝', 'said.no_such_message': '没有这条消息的记录', 'said.refused': '有请求被拒绝', 'said.not_refused': '没有被拒绝', 'said.nothing': '没有任何记录',
  'reason.own': '它自己发送且不要回显（echo: false）', 'reason.excluded': '发布者排除了它的连接',
  'reason.disconnected': '运维人员或后端断开了它', 'reason.token_revoked': 'token 被吊销', 'reason.token_expired': 'token 已过期', 'reason.too_slow': '读取太慢', 'reason.client_left': '自行离开', 'reason.peer_lost': '网络断开', 'reason.no_sign_of_life': '不再应答', 'reason.reconnect': '被要求重新连接', 'reason.shutting_down': '服务器关闭', 'reason.rate_limited': '过于频繁（rate_limited）', 'reason.quota_exceeded': '配额用尽（quota_exceeded）', 'reason.too_many_channels': '订阅频道过多（too_many_channels）', 'reason.permission_denied': '权限不足（permission_denied）', 'reason.payload_too_large': '消息体过大（payload_too_large）', 'reason.connection_limit': '连接过多', 'reason.not_authenticated': '未认证', 'reason.auth_timeout': '没有及时认证', 'reason.app_disabled': '应用已停用', 'reason.origin_denied': '页面来源不被允许', 'reason.too_many_bad_requests': '错误请求过多', 'reason.server_lost': '服务器丢失', 'reason.frame_too_large': '发送的帧过大',
  'reason.unsupported_event': '请求了不存在的事件（unsupported_event）', 'reason.invalid_params': '请求参数错误（invalid_params）', 'reason.invalid_channel': '频道名无效（invalid_channel）', 'reason.app_not_found': '没有这个应用', 'reason.unauthenticated': '尚未认证（unauthenticated）', 'reason.invalid_token': 'token 无效（invalid_token）', 'reason.signature_invalid': '签名验证失败（signature_invalid）', 'reason.auth_mismatch': 'token 属于另一个应用（auth_mismatch）', 'reason.not_found': '未找到（not_found）', 'reason.not_subscribed': '没有订阅该频道（not_subscribed）', 'reason.not_enabled': '该频道或应用未启用此功能（not_enabled）', 'reason.method_not_allowed': '请求方法不被允许（method_not_allowed）', 'reason.conflict': '与现状冲突（conflict）', 'reason.idempotency_conflict': '同一 key 已用于不同内容（idempotency_conflict）', 'reason.epoch_changed': '频道的流已重新开始（epoch_changed）', 'reason.internal': '服务器内部错误（internal）', 'reason.unavailable': '服务器当时无法处理（unavailable）', 'reason.unsupported_protocol': '它使用的协议版本不受支持', 'reason.over_capacity': '服务器已满', 'reason.protocol_violation': '它违反了 WebSocket 协议', 'reason.unsupported_frame': '它发送了非文本帧', 'reason.invalid_text': '它发送的文本不是 UTF-8', 'reason.internal_error': '服务器内部错误', 'reason.refused': '与它一同请求的内容被拒绝',
  'reason.client': '客户端自己退订', 'reason.server': '后端或运维人员结束了它', 'reason.grants': '新的 token 不再授权', 'reason.gap': '频道的流重新开始', 'reason.overflow': '一次到来太多', 'reason.connection': '连接结束',
  'fact.authenticated': '登录', 'fact.auth_refused': 'token 被拒绝', 'fact.denied': '无权限', 'fact.refused': '被拒绝', 'fact.failed': '失败', 'fact.backend_refused': '后端被拒绝', 'fact.ordered': '指令', 'fact.command': '请求', 'fact.published': '发布', 'fact.gap': '中断', 'fact.member_joined': '加入', 'fact.member_left': '离开', 'fact.subscribed': '订阅', 'fact.placed': '推送', 'fact.unsubscribed': '退订', 'fact.closed': '关闭',
};

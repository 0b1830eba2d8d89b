import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded with --import in front of a server under test: tells its parent what only the process itself can know.

const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

process.on('message', (message) => {
  if (message === 'reset') delay.reset()
  const answer = { rssBytes: process.memoryUsage.rss(), loopDelayP99Ms: delay.percentile(99) / 1e6 }
  process.send?.(answer)
})
// Whoever watches must not keep the server from ending.
process.channel?.unref()

import { type HtmlText, html, page } from '../pages.ts'
import {
  type ApiDocument,
  exampleOf,
  type Operation,
  operations,
  resolve,
  type Schema
} from './api-document.ts'

/** The reference as one page without scripts, in the order in which the doors were added. */
export function docsPage(document: ApiDocument): HtmlText {
  const all = operations(document)
  const groups = [...new Set(all.map(({ operation }) => groupOf(operation)))]
  const body = html`<h1>${document.info.title}</h1>
<p>${prose(document.info.description)}</p>
<p class="quiet">Version ${document.info.version} · <a href="/openapi.json">openapi.json</a></p>
<nav aria-label="Groups"><ul>
${groups.map((group) => html`<li><a href="#${anchor(group)}">${group}</a></li>\n`)}</ul></nav>
${groups.map(
  (group) => html`<h2 id="${anchor(group)}">${group}</h2>
${all
  .filter(({ operation }) => groupOf(operation) === group)
  .map(({ method, path, operation }) => operationCard(document, method, path, operation))}`
)}`
  return page({ title: document.info.title, body, isWide: true })
}

function groupOf(operation: Operation): string {
  return operation.tags?.[0] ?? 'Other'
}

function anchor(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}

function operationCard(document: ApiDocument, method: string, path: string, operation: Operation): HtmlText {
  const bodySchema = operation.requestBody?.content['application/json']?.schema
  return html`<section class="card" id="${anchor(`${method} ${path}`)}">
<h3><code>${method} ${path}</code></h3>
${operation.summary && html`<p><strong>${operation.summary}</strong></p>`}
${operation.description && html`<p>${prose(operation.description)}</p>`}
${parameterTable(document, operation)}
${bodySchema && html`<h4>Body</h4>${memberTable(document, bodySchema)}`}
${answerList(document, operation)}
<h4>Example</h4>
<pre tabindex="0"><code>${curl(document, method, path, bodySchema)}</code></pre>
</section>
`
}

function parameterTable(document: ApiDocument, operation: Operation): HtmlText | undefined {
  const rows = operation.parameters ?? []
  if (rows.length === 0) return undefined
  return html`<h4>Parameters</h4>
<table><thead><tr><th>Name</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>
${rows.map(
  (row) => html`<tr><td><code>${row.name}</code>${row.required ? '' : ' (optional)'}</td><td>${row.in}</td>
<td>${typeText(document, row.schema ?? {})}</td><td>${prose(row.description)}</td></tr>\n`
)}</tbody></table>`
}

function memberTable(document: ApiDocument, given: Schema): HtmlText {
  const rows = memberRows(document, given, '', 0)
  if (rows.length === 0) return html`<p>${typeText(document, given)}</p>`
  return html`<table><thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead><tbody>
${rows}</tbody></table>`
}

const depthLimit = 4

function memberRows(document: ApiDocument, given: Schema, prefix: string, depth: number): HtmlText[] {
  const schema = resolve(document, given)
  const item = schema.items && resolve(document, schema.items)
  const properties = schema.properties ?? item?.properties ?? {}
  const required = schema.required ?? item?.required ?? []
  if (depth > depthLimit) return []
  return Object.entries(properties).flatMap(([name, member]) => [
    html`<tr><td><code>${prefix}${name}</code>${required.includes(name) ? '' : ' (optional)'}</td>
<td>${typeText(document, member)}</td><td>${prose(resolve(document, member).description)}</td></tr>\n`,
    ...memberRows(document, member, `${prefix}${name}.`, depth + 1)
  ])
}

function answerList(document: ApiDocument, operation: Operation): HtmlText[] {
  // What is the same for every operation stands once, at the top of the page.
  const own = Object.entries(operation.responses ?? {}).filter(([status]) => status !== 'default')
  return own.map(([status, answer]) => {
    const schema = answer.content?.['application/json']?.schema
    return html`<h4>Answer ${status}</h4>
${answer.description !== 'Default Response' && html`<p>${prose(answer.description)}</p>`}
${schema && memberTable(document, schema)}`
  })
}

// Descriptions are written with Markdown's code spans; nothing else of it is used.
function prose(text: string | undefined): HtmlText[] {
  return (text ?? '')
    .split('`')
    .map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))
}

function typeText(document: ApiDocument, given: Schema): string {
  const schema = resolve(document, given)
  const choices = schema.anyOf ?? schema.oneOf
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (choices) return [...new Set(choices.map((choice) => typeText(document, choice)))].join(' or ')
  const type = [schema.type ?? 'any'].flat().join(' or ')
  return type === 'array' && schema.items ? `list of ${typeText(document, schema.items)}` : type
}

function curl(document: ApiDocument, method: string, path: string, bodySchema: Schema | undefined): string {
  const start = `curl ${method === 'GET' ? '' : `-X ${method} `}'${document.servers[0]?.url ?? ''}${path}'`
  if (!bodySchema) return start
  const body = JSON.stringify(exampleOf(document, bodySchema), null, 2).replaceAll("'", "'\\''")
  return `${start} \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`
}

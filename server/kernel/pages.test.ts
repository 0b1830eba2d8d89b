import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html, page, raw, stylesheet } from './pages.ts'

test('text is escaped, in attributes too', () => {
  const hostile = `"><script>alert('x')</script>&`
  const made = html`<p title="${hostile}">${hostile}</p>`.text
  assert.doesNotMatch(made, /<script>|"><|'x'/)
  assert.match(made, /&#60;script&#62;/)
})

test('markup inside markup is kept, lists are joined, nothing is nothing', () => {
  const list = [1, 2].map((n) => html`<b>${n}</b>`)
  assert.equal(html`${list}${undefined}${null}${false}${0}`.text, '<b>1</b><b>2</b>0')
})

test('an object from outside cannot pass for markup', () => {
  const forged = JSON.parse('{"text":"<script>","made":true}')
  assert.doesNotMatch(html`<p>${forged}</p>`.text, /<script>/)
})

test('raw markup is left alone', () => assert.equal(html`${raw('<i>')}`.text, '<i>'))

test('a page has a language, a title, a viewport and the stylesheet, and no script', () => {
  const { text } = page({ title: 'A & B', body: html`<h1>Hello</h1>` })
  assert.match(text, /<html lang="en">/)
  assert.match(text, /<title>A &#38; B · Ekso<\/title>/)
  assert.match(text, /name="viewport"/)
  assert.ok(text.includes(stylesheet.url))
  assert.doesNotMatch(text, /<script/)
})

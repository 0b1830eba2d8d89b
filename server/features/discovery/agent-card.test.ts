import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentCard } from './agent-card.ts'

type Shape = { required: string[]; optional?: string[] }

// A2A 1.0, §4.4: the members of each object and which of them are required.
const shapes = {
  card: {
    required: [
      'name',
      'description',
      'supportedInterfaces',
      'version',
      'capabilities',
      'defaultInputModes',
      'defaultOutputModes',
      'skills'
    ],
    optional: [
      'provider',
      'documentationUrl',
      'iconUrl',
      'securitySchemes',
      'securityRequirements',
      'signatures'
    ]
  },
  provider: { required: ['url', 'organization'] },
  capabilities: {
    required: [],
    optional: ['streaming', 'pushNotifications', 'extendedAgentCard', 'extensions']
  },
  interface: { required: ['url', 'protocolBinding', 'protocolVersion'], optional: ['tenant'] },
  skill: {
    required: ['id', 'name', 'description', 'tags'],
    optional: ['examples', 'inputModes', 'outputModes', 'securityRequirements']
  }
} satisfies Record<string, Shape>

type Json = Record<string, unknown>

/** What is wrong with a card: members missing, empty, unknown or gone since 0.3, and values of the wrong form. */
function cardFaults(card: Json): string[] {
  return [
    ...membersOf('card', card, shapes.card),
    ...(card.provider ? membersOf('provider', card.provider as Json, shapes.provider) : []),
    ...membersOf('capabilities', (card.capabilities ?? {}) as Json, shapes.capabilities),
    ...each(card.supportedInterfaces, (entry) => [
      ...membersOf('interface', entry, shapes.interface),
      ...(isUrl(entry.url) ? [] : ['interface.url is no absolute address']),
      ...(isBinding(entry.protocolBinding) ? [] : ['interface.protocolBinding is neither known nor a URI']),
      ...(/^\d+\.\d+$/.test(String(entry.protocolVersion)) ? [] : ['protocolVersion is not major.minor'])
    ]),
    ...each(card.skills, (skill) => [
      ...membersOf('skill', skill, shapes.skill),
      ...modeFaults(skill.inputModes ?? []),
      ...modeFaults(skill.outputModes ?? [])
    ]),
    ...modeFaults(card.defaultInputModes),
    ...modeFaults(card.defaultOutputModes)
  ]
}

function membersOf(name: string, value: Json, { required, optional = [] }: Shape): string[] {
  const known = [...required, ...optional]
  const empty = (given: unknown) => given === undefined || given === '' || (Array.isArray(given) && !given[0])
  return [
    ...required.filter((member) => empty(value[member])).map((member) => `${name}.${member} is missing`),
    ...Object.keys(value)
      .filter((member) => !known.includes(member))
      .map((member) => `${name}.${member} is unknown`)
  ]
}

function each(list: unknown, judge: (entry: Json) => string[]): string[] {
  return Array.isArray(list) ? list.flatMap((entry) => judge(entry as Json)) : []
}

function modeFaults(modes: unknown): string[] {
  const isType = (mode: unknown) => typeof mode === 'string' && /^[a-z]+\/[a-z0-9.+-]+$/.test(mode)
  return each(modes, () => []).concat(
    Array.isArray(modes) && modes.every(isType) ? [] : ['a mode is no media type']
  )
}

function isUrl(text: unknown): boolean {
  return typeof text === 'string' && URL.canParse(text)
}

function isBinding(text: unknown): boolean {
  return ['JSONRPC', 'GRPC', 'HTTP+JSON'].includes(String(text)) || isUrl(text)
}

const means = { publicUrl: new URL('https://ekso.example'), takesSignups: true }
const card = agentCard(means) as unknown as Json

test('the card has what A2A 1.0 requires and nothing that it does not know [S2-agent-card]', () => {
  assert.deepEqual(cardFaults(card), [])
})

test('the checker of cards sees what can be wrong', () => {
  const [skill] = card.skills as Json[]
  const [entry] = card.supportedInterfaces as Json[]
  const cases: [Json, string][] = [
    [{ ...card, skills: [] }, 'card.skills is missing'],
    [{ ...card, description: '' }, 'card.description is missing'],
    [{ ...card, url: 'https://ekso.example' }, 'card.url is unknown'],
    [{ ...card, protocolVersion: '0.3.0' }, 'card.protocolVersion is unknown'],
    [{ ...card, security: [{ key: [] }] }, 'card.security is unknown'],
    [
      { ...card, capabilities: { stateTransitionHistory: true } },
      'capabilities.stateTransitionHistory is unknown'
    ],
    [{ ...card, provider: { organization: 'x' } }, 'provider.url is missing'],
    [{ ...card, skills: [{ ...skill, tags: [] }] }, 'skill.tags is missing'],
    [{ ...card, defaultInputModes: ['text'] }, 'a mode is no media type'],
    [
      { ...card, supportedInterfaces: [{ ...entry, protocolVersion: '1.0.1' }] },
      'protocolVersion is not major.minor'
    ],
    [{ ...card, supportedInterfaces: [{ ...entry, url: '/api' }] }, 'interface.url is no absolute address'],
    [
      { ...card, supportedInterfaces: [{ ...entry, protocolBinding: 'REST' }] },
      'interface.protocolBinding is neither known nor a URI'
    ]
  ]
  for (const [bad, fault] of cases) assert.deepEqual(cardFaults(bad), [fault])
})

test('where sign-up is closed there is no card: its one skill would be a lie', () => {
  assert.equal(agentCard({ ...means, takesSignups: false }), undefined)
})

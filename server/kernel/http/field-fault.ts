import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'
import type { FieldFault } from '../problem.ts'

const faultLimit = 64
const nameLimit = 200
// TypeBox stops after eight faults, which would hide the ninth field from a caller who mends all that were named.
Settings.Set({ maxErrors: 2 * faultLimit })

const codes: Record<string, string> = {
  minLength: 'too_short',
  minItems: 'too_short',
  minProperties: 'too_short',
  maxLength: 'too_long',
  maxItems: 'too_long',
  maxProperties: 'too_long',
  enum: 'not_allowed',
  const: 'not_allowed'
}

/** The faults of one part of a request as contract §1 shows them: dotted path and code, one per field. */
export function fieldFaults(errors: TLocalizedValidationError[], part: string): FieldFault[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf')
  const faults = new Map<string, string>()
  const add = (field: string, code: string) => {
    const name = field.slice(0, nameLimit)
    if (faults.size < faultLimit && !faults.has(name)) faults.set(name, code)
  }
  // What each branch of a union has against the value helps nobody; that no branch takes it is the fault.
  for (const error of errors.filter((found) => !unions.some((union) => isInside(found, union)))) {
    const path = dotted(error.instancePath)
    if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) add(join(path, name), 'required')
    } else if (error.keyword === 'boolean') {
      // Each unknown member has such a fault; the `additionalProperties` that sums them up comes last or, with many, never.
      add(path || part, error.schemaPath.endsWith('/additionalProperties') ? 'unknown' : 'invalid')
    } else if (error.keyword === 'anyOf' || error.keyword === 'oneOf') {
      const isOneOfWords = errors.filter((inner) => isInside(inner, error)).every(isChoice)
      add(path || part, isOneOfWords ? 'not_allowed' : 'invalid')
    } else if (error.keyword !== 'additionalProperties') {
      add(path || part, codes[error.keyword] ?? 'invalid')
    }
  }
  return [...faults].map(([field, code]) => ({ field, code }))
}

function isInside(inner: TLocalizedValidationError, union: TLocalizedValidationError): boolean {
  return inner.schemaPath.startsWith(`${union.schemaPath}/${union.keyword}/`)
}

function isChoice(error: TLocalizedValidationError): boolean {
  return error.keyword === 'const' || error.keyword === 'enum' || error.keyword === 'anyOf'
}

function dotted(pointer: string): string {
  return pointer.slice(1).split('/').join('.').replaceAll('~1', '/').replaceAll('~0', '~')
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name
}

const systemMembers = 'id tenantId entity created createdBy updated updatedBy deleted'.split(' ')

/** TypeBox validation, without coercion in bodies; the eight system members are dropped from them (contract §1). */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = (route) => {
  const validate = TypeBoxValidatorCompiler(route)
  const known = (route.schema as { properties?: object }).properties
  if (route.httpPart !== 'body' || !known) return validate
  const ignored = systemMembers.filter((name) => !Object.hasOwn(known, name))
  return (value: unknown) => {
    if (typeof value === 'object' && value !== null)
      for (const name of ignored) Reflect.deleteProperty(value, name)
    return validate(value)
  }
}

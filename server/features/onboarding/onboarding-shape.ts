import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { problem } from '#server/kernel/problem.ts'
import { OnboardingProblem } from './signup.schema.ts'

/** The error answers of every onboarding route, for the OpenAPI document. */
export const onboardingErrors = {
  '4xx': OnboardingProblem
}

/**
 * Stands in for the validator on onboarding routes: any JSON object passes, since [S2] answers faults of fields
 * with 422 and unknown members are ignored (contract §1, §2). The rules judge each field. Throws `MALFORMED_BODY`.
 */
export const takeAnyFields: FastifySchemaCompiler<TSchema> = ({ httpPart }) => {
  return (value: unknown) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (httpPart === 'body' && !isObject)
      throw problem('MALFORMED_BODY', { fields: [{ field: 'body', code: 'invalid' }] })
    return { value }
  }
}

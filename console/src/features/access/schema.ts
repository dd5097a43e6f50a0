import { strings } from "@/features/access/strings.ts"
import type { Schema } from "@/shared/form/schema.ts"

const { form } = strings
const ROLES = ["admin", "manager", "auditor", "viewer", "user"]
const ALGORITHMS = ["RS256", "ES256", "EdDSA", "PS256", "RS384", "RS512", "ES384", "ES512", "PS384", "PS512"]
const text = (title: string, description?: string): Schema => ({ type: "string", title, ...(description ? { description } : {}) })
const lines = (title: string, description: string): Schema => ({ type: "array", items: { type: "string" }, title, description })
const check = (title: string, isOn: boolean, description?: string): Schema => ({ type: "boolean", title, default: isOn, ...(description ? { description } : {}) })

/** The fields of an identity provider; the teams are those there are. */
export function providerSchema(teams: readonly string[]): Schema {
  return {
    type: "object",
    required: ["name", "issuer", "client_id"],
    properties: {
      name: text(form.name, form.nameHint),
      issuer: text(form.issuer, form.issuerHint),
      client_id: text(form.client),
      client_secret: { ...text(form.secret, form.secretHint), format: "password" },
      scopes: { ...lines(form.scopes, form.scopesHint), default: ["openid", "email", "profile"] },
      role_map: {
        type: "array",
        title: form.map,
        description: form.mapHint,
        items: {
          type: "object",
          required: ["group"],
          properties: { group: text(form.group, form.groupHint), role: { type: "string", title: form.role, enum: ROLES }, team: { ...text(form.team), ...(teams.length ? { enum: [...teams] } : {}) } },
        },
      },
      default_role: { type: "string", title: form.otherwise, description: form.otherwiseHint, enum: ROLES },
      create_users: check(form.newcomers, true),
      enabled: check(form.enabled, true),
      listed: check(form.listed, false, form.listedHint),
      email_domains: lines(form.domains, form.domainsHint),
      trust_email: check(form.trust, false, form.trustHint),
      userinfo: check(form.userinfo, true),
      claims: {
        type: "object",
        title: form.claims,
        description: form.claimsHint,
        properties: { email: { ...text(form.email), default: "email" }, name: { ...text(form.fullName), default: "name" }, groups: { ...text(form.groups), default: "groups" }, role: text(form.roleClaim, form.roleClaimHint) },
      },
      algorithm: { type: "string", title: form.algorithm, description: form.algorithmHint, enum: ALGORITHMS },
      clock_skew_s: { type: "number", title: form.skew, minimum: 0, maximum: 600, default: 30 },
      logout_url: text(form.logout, form.logoutHint),
    },
  }
}

import type { Kind } from "@/features/guardrails/data.ts"
import { strings } from "@/features/guardrails/strings.ts"
import { type Schema, settled } from "@/shared/form/schema.ts"

/** The settings of a kind, as its schema says them. */
export function settingsOf(kind: Kind): Schema {
  const root = kind.settings as Schema
  return { ...settled(root, root), ...(root.$defs ? { $defs: root.$defs } : {}) }
}

/** The form of a guardrail of this kind: what every one has, and the kind's own settings. */
export function ruleSchema(kind: Kind): Schema {
  const own = settingsOf(kind)
  const sides = kind.sides.length > 1 ? [...kind.sides, "both"] : kind.sides
  return {
    ...own,
    properties: {
      mode: { type: "string", title: strings.mode, enum: kind.modes },
      side: { type: "string", title: strings.side, enum: sides },
      on_error: { type: "string", title: strings.onError, description: strings.onErrorHint, enum: ["closed", "open"] },
      ...own.properties,
    },
  }
}

/** `finance_advice` → `Finance advice`; short ones such as `pii` stay as they are known. */
export function kindName(kind: string): string {
  if (kind.length <= 4 && kind !== "size" && kind !== "nemo") return kind === "urls" ? "URLs" : kind.toUpperCase()
  const spaced = kind.replaceAll("_", " ")
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** What it does, without the marks that stand around names in the code. */
export function aboutOf(kind: Kind): string {
  return kind.about.replaceAll("`", "")
}

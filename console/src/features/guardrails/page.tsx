import { FileBench } from "@/features/guardrails/bench-file.tsx"
import { TextBench } from "@/features/guardrails/bench-text.tsx"
import { Catalogue } from "@/features/guardrails/catalogue.tsx"
import { DEFAULTS, type Filters } from "@/features/guardrails/data.ts"
import { Findings } from "@/features/guardrails/findings.tsx"
import { Packs } from "@/features/guardrails/packs.tsx"
import { Reveal } from "@/features/guardrails/reveal.tsx"
import { strings } from "@/features/guardrails/strings.ts"
import { useFilters } from "@/shared/filters.ts"
import { PageHead } from "@/shared/parts/small.tsx"
import { type Tab, Tabs } from "@/shared/parts/tabs.tsx"
import { useMay } from "@/shared/session.ts"

const { tabs } = strings

export default function GuardrailsPage() {
  const [filters, setFilters] = useFilters<Filters>(DEFAULTS)
  const mayScan = useMay("files.scan")
  const mayReveal = useMay("guardrails.reveal")
  const given = { filters, setFilters }
  const file: Tab[] = mayScan ? [{ id: "file", label: tabs.file, content: <FileBench {...given} /> }] : []
  return (
    <>
      <PageHead title={strings.title}>{strings.about}</PageHead>
      <Tabs
        label={strings.title}
        value={filters.tab}
        onChange={(tab) => setFilters({ tab, kind: "", rule: "", pack: "", approval: "" })}
        tabs={[
          { id: "", label: tabs.catalogue, content: <Catalogue {...given} /> },
          { id: "packs", label: tabs.packs, content: <Packs {...given} /> },
          { id: "text", label: tabs.text, content: <TextBench {...given} /> },
          ...file,
          { id: "findings", label: tabs.findings, content: <Findings {...given} /> },
          ...(mayReveal ? [{ id: "reveal", label: tabs.reveal, content: <Reveal {...given} /> }] : []),
        ]}
      />
    </>
  )
}

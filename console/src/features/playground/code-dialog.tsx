import { useState } from "react"
import { snippets, type Wanted } from "@/features/playground/snippets.ts"
import { strings } from "@/features/playground/strings.ts"
import { Dialog } from "@/shared/parts/dialog.tsx"
import { CodeBlock } from "@/shared/parts/small.tsx"
import { Tabs } from "@/shared/parts/tabs.tsx"

export function CodeDialog({ open, onClose, wanted }: { open: boolean; onClose: () => void; wanted: Wanted }) {
  const [language, setLanguage] = useState("curl")
  const tabs = snippets(wanted).map((one) => ({ id: one.id, label: one.label, content: <CodeBlock code={one.code} label={one.label} /> }))
  return <Dialog wide open={open} onClose={onClose} title={strings.codeTitle}><Tabs label={strings.code} tabs={tabs} value={language} onChange={setLanguage} /></Dialog>
}

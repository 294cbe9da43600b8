/** What is kept of an answer's body, for the attempt record, unless more is asked for. */
export const KEPT_BYTES = 4_096
/** Read and counted beyond what is kept, so that a chatty receiver keeps its connection; then the connection is cut. */
const READ_BYTES = 65_536

/** Collects the beginning of a body and counts the rest. */
export class BodyRecord {
  sizeBytes = 0
  private readonly chunks: Buffer[] = []
  private readonly keptBytes: number

  constructor(keptBytes: number) {
    this.keptBytes = keptBytes
  }

  /** False once the receiver has sent more than anybody will read. */
  add(chunk: Buffer): boolean {
    if (this.sizeBytes < this.keptBytes) this.chunks.push(chunk)
    this.sizeBytes += chunk.length
    return this.sizeBytes <= Math.max(READ_BYTES, this.keptBytes)
  }

  get truncated(): boolean {
    return this.sizeBytes > this.keptBytes
  }

  /** The kept bytes as UTF-8, broken ones replaced. NUL is replaced too: Postgres refuses it in text. */
  text(): string {
    const [first] = this.chunks
    if (first === undefined) return ''
    const bytes = this.chunks.length === 1 ? first : Buffer.concat(this.chunks)
    const end = this.truncated ? lastBoundary(bytes, this.keptBytes) : bytes.length
    const text = bytes.toString('utf8', 0, end)
    return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text
  }
}

/** The greatest end up to `end` that does not split a UTF-8 character. */
function lastBoundary(bytes: Buffer, end: number): number {
  for (let start = end - 1; start >= end - 3; start -= 1) {
    const byte = bytes[start]!
    if (byte < 0x80) return end
    if (byte >= 0xc0) return start + utf8Length(byte) > end ? start : end
  }
  return end
}

function utf8Length(leadByte: number): number {
  if (leadByte >= 0xf0) return 4
  return leadByte >= 0xe0 ? 3 : 2
}

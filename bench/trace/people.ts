/** Invented people as CSV bytes, fast and the same in every run: 20 columns, some 200 bytes a row, four of them identifying. */

/** The identifying columns, in the order of `identityRows`. */
export const identifying = ['user_id', 'email', 'ip', 'phone'] as const

const text = (values: readonly string[]): readonly Uint8Array[] => values.map((value) => new TextEncoder().encode(value))
const firsts = text(['Ana', 'Ion', 'József', 'Zoë', 'Ștefan', 'Maria', 'Andrei', 'Elena', 'István', 'Katalin', 'Mihai', 'Ioana', 'László', 'Gabriel', 'Diana', 'Péter'])
const asciiFirsts = text(['ana', 'ion', 'jozsef', 'zoe', 'stefan', 'maria', 'andrei', 'elena', 'istvan', 'katalin', 'mihai', 'ioana', 'laszlo', 'gabriel', 'diana', 'peter'])
const lasts = text(['Popescu', 'Nagy', 'Kovács', 'Ionescu', 'Müller', 'Radu', 'Tóth', 'Stan', 'Szabó', 'Dumitru', 'Horváth', 'Matei', 'Varga', 'Marin', 'Kiss', 'Dobre'])
const asciiLasts = text(['popescu', 'nagy', 'kovacs', 'ionescu', 'muller', 'radu', 'toth', 'stan', 'szabo', 'dumitru', 'horvath', 'matei', 'varga', 'marin', 'kiss', 'dobre'])
const domains = text(['@mail.example', '@post.example', '@web.test', '@home.example', '@inbox.test', '@letter.example', '@net.invalid', '@box.example'])
const cities = text(['Iași', 'Cluj-Napoca', 'Pécs', 'Oradea', 'Budapest', 'București', 'Debrecen', 'Timișoara'])
const plans = text(['free', 'family', 'premium', 'student'])
const devices = text(['ios 17.2', 'android 14', 'web firefox', 'web chrome', 'windows', 'mac os', 'tv', 'car'])
const genres = text(['classical', 'folk', '"jazz, modern"', 'electronic', 'hip hop', 'metal', 'pop', 'rock'])
const countries = text(['RO', 'HU', 'BG', 'SK'])

/** Bytes that one row never exceeds. */
const rowBytesMax = 512

const comma = 0x2c
const blockRows = 4096

/** A well-mixed 32-bit number for a person and a purpose. */
function mixed(seed: number, person: number, purpose: number): number {
  let x = Math.imul(person ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(purpose + 1, 0xc2b2ae35)
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

/** Writes rows one after another; `at` is where the next byte goes. */
class Writer {
  readonly bytes = new Uint8Array(blockRows * rowBytesMax)
  at = 0

  value(value: Uint8Array): void {
    for (let byte = 0; byte < value.length; byte += 1) this.bytes[this.at++] = value[byte]!
  }

  /** A number with at least so many digits. */
  digits(number: number, width: number): void {
    let rest = number
    let length = 1
    for (let limit = 10; limit <= rest; limit *= 10) length += 1
    const end = this.at + Math.max(width, length)
    for (let place = end - 1; place >= this.at; place -= 1) {
      const next = Math.floor(rest / 10)
      this.bytes[place] = 0x30 + (rest - next * 10)
      rest = next
    }
    this.at = end
  }

  byte(byte: number): void { this.bytes[this.at++] = byte }
}

const userId = (seed: number, person: number): number => 1e9 + ((mixed(seed, person, 1) * 2_097_152 + (mixed(seed, person, 2) >>> 11)) % 9e9)

function email(to: Writer, seed: number, person: number): void {
  const which = mixed(seed, person, 3)
  to.value(asciiFirsts[which & 15]!)
  to.byte(0x2e)
  to.value(asciiLasts[(which >>> 4) & 15]!)
  to.digits(mixed(seed, person, 4), 1)
  to.value(domains[(which >>> 8) & 7]!)
}

function ip(to: Writer, seed: number, person: number): void {
  const address = mixed(seed, person, 5)
  for (const [place, shift] of [24, 16, 8, 0].entries()) {
    if (place > 0) to.byte(0x2e)
    to.digits((address >>> shift) & 255, 1)
  }
}

function phone(to: Writer, seed: number, person: number): void {
  to.value(plus)
  to.digits(mixed(seed, person, 6) % 1e9, 9)
}
const plus = new TextEncoder().encode('+407')

function day(to: Writer, number: number, from: number): void {
  to.digits(from + (number % 60), 4)
  to.byte(0x2d)
  to.digits(1 + ((number >>> 8) % 12), 2)
  to.byte(0x2d)
  to.digits(1 + ((number >>> 16) % 28), 2)
}

function identityRow(to: Writer, seed: number, person: number): void {
  to.digits(userId(seed, person), 10)
  to.byte(comma)
  email(to, seed, person)
  to.byte(comma)
  ip(to, seed, person)
  to.byte(comma)
  phone(to, seed, person)
  to.byte(0x0a)
}

function fullRow(to: Writer, seed: number, person: number): void {
  const [one, two, three] = [mixed(seed, person, 3), mixed(seed, person, 7), mixed(seed, person, 8)]
  const put = (write: () => void): void => { write(); to.byte(comma) }
  put(() => to.digits(userId(seed, person), 10))
  put(() => email(to, seed, person))
  put(() => to.value(firsts[one & 15]!))
  put(() => to.value(lasts[(one >>> 4) & 15]!))
  put(() => to.byte(two & 1 ? 0x66 : 0x6d))
  put(() => day(to, three, 1945))
  put(() => to.value(countries[(two >>> 1) & 3]!))
  put(() => to.value(cities[(two >>> 3) & 7]!))
  put(() => to.value(plans[(two >>> 6) & 3]!))
  put(() => to.value(devices[(two >>> 8) & 7]!))
  put(() => to.value(genres[(two >>> 11) & 7]!))
  put(() => ip(to, seed, person))
  put(() => phone(to, seed, person))
  put(() => to.digits((two >>> 14) % 500, 1))
  put(() => to.digits(three % 86_400, 1))
  put(() => { to.digits((three >>> 4) % 300, 1); to.byte(0x2e); to.digits(two % 100, 2) })
  put(() => { day(to, two, 2010 - 1); to.byte(0x20); to.digits(three % 24, 2); to.byte(0x3a); to.digits((three >>> 5) % 60, 2); to.byte(0x3a); to.digits((three >>> 11) % 60, 2) })
  put(() => day(to, three ^ two, 2009))
  put(() => to.byte(two & 2 ? 0x74 : 0x66))
  to.digits(three, 10)
  to.byte(0x0a)
}

async function* blocks(row: (to: Writer, person: number) => void, from: number, count: number): AsyncGenerator<Uint8Array> {
  for (let first = from; first < from + count; first += blockRows) {
    const to = new Writer()
    for (let person = first; person < Math.min(from + count, first + blockRows); person += 1) row(to, person)
    yield await Promise.resolve(to.bytes.subarray(0, to.at))
  }
}

/** The identifying columns of people `from` and on, as an index reads them. Other seeds are other people with the same kinds of values. */
export const identityRows = (seed: number, from: number, count: number): AsyncGenerator<Uint8Array> => blocks((to, person) => identityRow(to, seed, person), from, count)

/** All 20 columns, as a table or a copy of it has them. */
export const fullRows = (seed: number, from: number, count: number): AsyncGenerator<Uint8Array> => blocks((to, person) => fullRow(to, seed, person), from, count)

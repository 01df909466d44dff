/**
 * A strategy's sentence in the words of the pages: clusters are groups and count from 1, as volunteers read them; clients are volunteers, descriptors fingerprints.
 * What it does not know it leaves alone.
 */
export function inPlainWords(note: string): string {
  return note
    .replace(/\bcluster (\d+)/gi, (phrase, number: string) => `${phrase.slice(0, -number.length)}${Number(number) + 1}`)
    .replace(/\binside (\d+(?:, \d+)*)/g, (_, numbers: string) => `inside ${numbers.split(', ').map(nameOf).join(', ')}`)
    .replace(/\bCluster/g, 'Group')
    .replace(/\bcluster/g, 'group')
    .replace(/\b(d)escriptor/gi, (_, letter: string) => (letter === 'D' ? 'Fingerprint' : 'fingerprint'))
    .replace(/\belbow\b/g, 'bend')
    .replace(/\bclients?\b/g, (word) => word.replace('client', 'volunteer'))
}

const nameOf = (cluster: string): string => `group ${Number(cluster) + 1}`

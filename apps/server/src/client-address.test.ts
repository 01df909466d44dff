import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { createClientAddresses, isAddressOrNetwork } from './client-address.ts'

const from = (remoteAddress: string, forwarded?: string, proto?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded, 'x-forwarded-proto': proto } }) as unknown as IncomingMessage

test.each<[trusted: string[], peer: string, forwarded: string | undefined, address: string]>([
  [[], '203.0.113.7', undefined, '203.0.113.7'],
  [[], '::ffff:203.0.113.7', undefined, '203.0.113.7'],
  [[], '203.0.113.7', '198.51.100.1', '203.0.113.7'],
  [['10.0.0.1'], '203.0.113.7', '198.51.100.1', '203.0.113.7'],
  [['10.0.0.1'], '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  [['10.0.0.1'], '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  [['10.0.0.1'], '10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
  [['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
  [['10.0.0.0/8'], '10.0.0.1', '10.1.1.1', '10.1.1.1'],
  [['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
  [['10.0.0.1'], '10.0.0.1', 'unknown', '10.0.0.1'],
  [['10.0.0.1'], '10.0.0.1', '198.51.100.1, <script>', '10.0.0.1'],
  [['fd00::/8'], 'fd00::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
])('behind %j, a request from %s that says %s is of %s', (trusted, peer, forwarded, address) => {
  expect(createClientAddresses(trusted).of(from(peer, forwarded))).toBe(address)
})

test('all addresses of one IPv6 network count as one', () => {
  const addresses = createClientAddresses([])
  expect(['2001:db8::1', '2001:0db8:0:0:ffff::', '2001:db8::ffff:1:2:3'].map((peer) => addresses.of(from(peer)))).toEqual(Array(3).fill('2001:db8:0:0::/64'))
  expect(addresses.of(from('::1'))).toBe('0:0:0:0::/64')
})

test('a proxy is nobody whose connections are counted; only a proxy says that a request came by https', () => {
  const addresses = createClientAddresses(['10.0.0.1'])
  expect([addresses.ofPeer('10.0.0.1'), addresses.ofPeer('10.0.0.2')]).toEqual([null, '10.0.0.2'])
  expect(addresses.isSecure(from('10.0.0.1', undefined, 'https'))).toBe(true)
  expect(addresses.isSecure(from('10.0.0.1', undefined, 'http'))).toBe(false)
  expect(addresses.isSecure(from('10.0.0.2', undefined, 'https'))).toBe(false)
})

test.each([
  ['127.0.0.1', true],
  ['10.0.0.0/8', true],
  ['::1', true],
  ['fd00::/8', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/8/8', false],
  ['10.0.0.0/', false],
  ['proxy', false],
  ['', false],
])('%s names a proxy: %s', (text, expected) => {
  expect(isAddressOrNetwork(text)).toBe(expected)
})

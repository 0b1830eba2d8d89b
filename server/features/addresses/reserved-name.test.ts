import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReservedName } from './reserved-name.ts'

const refused: Record<string, string> = {
  'a common name for hosts':
    'admin administrator root ftp smtp imap cdn ns1 mx2 mail3 dns1 server12 vpn-1 wpad autodiscover',
  'a name agents look for': 'mcp a2a agent agents llms well-known mta-sts isatap security',
  'our brand': 'ekso ekso-app ekso-hq eksohq eksocloud myekso team-ekso',
  'our own routes':
    'api authorize token register revoke docs guide healthz readyz openapi startup confirm undo password signup ' +
    'sign-up sign-in login dev assets oauth home consent apps keys key app web www mail interaction jwks settings',
  'what a bug of the caller sends': 'null undefined',
  'a famous mark': 'google microsoft paypal visa',
  'digits for letters':
    'adm1n adm11n l0gin l00gin log1n r00t m4il ma1l mai1 h3lp 5upport supp0rt 8illing 0auth au7h ap1 ss0 3ks0 eks0',
  'letters that look alike': 'rnail adrnin aclmin admln logln iogin slgnin emai1 vvww vvebmail',
  'a doubled letter': 'adminn loginn wwww supportt',
  'trailing digits': 'www2 login-1 api2 mail365 support24 status1 ekso7',
  'the plural': 'admins apis mails logins accounts passwords',
  'hyphens in between': 'log-in ad-min e-mail web-master w-w-w',
  'nothing but deceptive parts':
    'ekso-support support-ekso eksosupport account-security support-team my-account mail-login l0gin-page'
}

for (const [reason, names] of Object.entries(refused)) {
  for (const name of names.split(' ')) {
    test(`the name ${name} is reserved: ${reason}`, () => assert.equal(isReservedName(name), true))
  }
}

const free: Record<string, string> = {
  'the names the contract promises': 'acme team42 007',
  'words that only begin like a reserved one':
    'salesforce1 webster mailand apiary authentic author helpful rooted administrate statusquo supporter emailand appleton ' +
    'apify loginova billings securitas wwwhite mailchimp postman eksote',
  'words beside a short deceptive name': 'mall apl aapi 4pi emali roots hell heap malt foot ship',
  'names with a deceptive part and a part of their own':
    'root-cause api-first help-scout ekso-bionics acme-support mail-boxes-inc',
  'numbers that count no host': 'm365 dev42 test123 web3 v12 dc37 studio54 4711 24-7 route66 b12 level42',
  'words and surnames that are also large companies':
    'ford simon jacobs williams parker ally delta target emerson',
  'words that look like a property of every object': 'constructor tostring valueof hasownproperty',
  'ordinary words and companies':
    'acorn alder almond amber anchor anvil apex aqua arcade arbor argon aspen aurora autumn avenue badger bakery bamboo banjo ' +
    'barley basalt beacon bear beaver birch bison blossom bluebird bolt bonsai boulder bramble breeze brick bridge bronze ' +
    'brook butter cactus camel candle canoe canyon carbon cedar cello chalk cherry chestnut cinder citrus clay clever cliff ' +
    'clover cobalt comet compass copper coral cotton coyote crane crater cricket crystal cypress daisy dawn desert diamond ' +
    'dolphin dragon dune eagle earth echo eclipse elder elm ember emerald engine falcon feather fern field finch fjord flame ' +
    'flint forest forge fountain fox galaxy garden garnet geyser ginger glacier globe granite grape gravity green grove gull ' +
    'hammer harbor harvest hawk hazel heather heron hickory hill honey horizon hornet igloo indigo iris iron island ivory ivy ' +
    'jade jasmine jasper jungle juniper kayak kestrel kettle kiwi koala lagoon lantern lark laurel lava lavender lemon ' +
    'leopard lighthouse lilac lime lion lobster lotus lunar lynx magnet magnolia mango maple marble meadow melon mercury meteor ' +
    'mint mirage mist moon moss mountain mustard nebula nectar nest nickel north nutmeg oak oasis ocean olive onyx opal orange ' +
    'orbit orchard orchid osprey otter owl oyster palm panda papaya peach pearl pebble pelican pepper phoenix pine planet plum ' +
    'polar poppy prairie prism puffin quail quartz quill rabbit rain raven reef ridge river robin rocket rose ruby saffron sage ' +
    'sail salmon sapphire sequoia shadow silver sky slate snow solar sparrow spice spruce star stone storm summer sun swan ' +
    'thunder tiger timber topaz trout tulip tundra turtle valley vanilla velvet violet volcano walnut water wave whale wheat ' +
    'willow wind winter wolf wren zebra zenith zephyr globex initech umbrella hooli tyrell wayne stark cyberdyne soylent ' +
    'vandelay dunder-mifflin northwind contoso fabrikam adventure-works jane-smith smith-sons lawfirm dentist plumbing ' +
    'accountancy accounting adminton mailbox helpline supportive signal signature loganair statue rootstock basecamp statista'
}

for (const [reason, names] of Object.entries(free)) {
  test(`these stay free: ${reason}`, () => {
    assert.deepEqual(names.split(' ').filter(isReservedName), [])
  })
}

test('a text that no host name can be is not looked up at all', () => {
  assert.equal(isReservedName(`${'my-'.repeat(33_000)}admin`), false)
  assert.equal(isReservedName(''), false)
})

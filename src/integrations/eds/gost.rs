//! GOST R 34.10-2012 (the Kazakh standard's 2015 edition) and GOST 34.310-2004 over their curves (§3.2).
//!
//! Only public values go through the arithmetic that verifies, so it need not take the same time for each. The byte
//! orders are those of Kazakh certificates: numbers little-endian, a key is X‖Y, a signature r‖s, and the digest is
//! read as a little-endian number, too.
use rsa::BigUint;
use std::sync::LazyLock;

/// y² = x³ + ax + b over the integers modulo p, with a base point of prime order q.
pub struct Curve {
    p: BigUint,
    a: BigUint,
    b: BigUint,
    q: BigUint,
    base: Affine,
    /// Bytes of a coordinate, and of half a signature.
    size: usize,
    /// As many ones as a coordinate has bits.
    mask: BigUint,
    /// What p lacks to the power of two above it, if that is little.
    gap: Option<BigUint>,
}

/// id-tc26-gost-3410-12-512-paramSetA: what the authority has issued since 2024.
pub static TC26_512_A: LazyLock<Curve> = LazyLock::new(|| {
    Curve::new(
        64,
        [
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\
             FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC7",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\
             FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC4",
            "E8C2505DEDFC86DDC1BD0B2B6667F1DA34B82574761CB0E879BD081CFD0B6265\
             EE3CB090F30D27614CB4574010DA90DD862EF9D4EBEE4761503190785A71C760",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\
             27E69532F48D89116FF22B8D4E0560609B4B38ABFAD2B85DCACDB1411F10B275",
        ],
        [
            "3",
            "7503CFE87A836AE3A61B8816E25450E6CE5E1C93ACF1ABC1778064FDCBEFA921\
             DF1626BE4FD036E93D75E6A50E3A41E98028FE5FC235F5B889A589CB5215F2A4",
        ],
    )
});

/// id-GostR3410-2001-CryptoPro-A-ParamSet: the certificates of before.
pub static CRYPTO_PRO_A: LazyLock<Curve> = LazyLock::new(|| {
    Curve::new(
        32,
        [
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD97",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD94",
            "A6",
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893",
        ],
        ["1", "8D91E471E0989CDA27DF505A453F2B7635294F2DDF23E3B122ACC99C9E9F1E14"],
    )
});

/// A number that is written in this file.
fn number(hexadecimal: &str) -> BigUint {
    BigUint::parse_bytes(hexadecimal.as_bytes(), 16).unwrap_or_default()
}

#[derive(Clone, Debug, PartialEq)]
struct Affine {
    x: BigUint,
    y: BigUint,
}

/// The point (x/z², y/z³), which can be added to without dividing; z = 0 is the point at infinity.
#[derive(Clone)]
struct Jacobian {
    x: BigUint,
    y: BigUint,
    z: BigUint,
}

fn is_zero(number: &BigUint) -> bool {
    number.bits() == 0
}

impl Curve {
    /// From the numbers of a standard, in hexadecimal.
    fn new(size: usize, [p, a, b, q]: [&str; 4], [x, y]: [&str; 2]) -> Self {
        let p = number(p);
        let mask = (BigUint::from(1_u8) << (8 * size)) - 1_u8;
        let gap = &mask - &p + 1_u8;
        let gap = (gap.bits() <= 32).then_some(gap);
        let base = Affine { x: number(x), y: number(y) };
        Self { p, a: number(a), b: number(b), q: number(q), base, size, mask, gap }
    }

    /// Whether `signature` over `digest` was made with the private half of `key`.
    ///
    /// Everything that is not a point of the curve, or out of range, is a no.
    pub fn verify(&self, key: &[u8], digest: &[u8], signature: &[u8]) -> bool {
        let (Some(key), Some((r, s))) = (self.point(key), self.halves(signature)) else { return false };
        if [&r, &s].into_iter().any(|half| is_zero(half) || *half >= self.q) {
            return false;
        }
        let v = inverse(&self.digest(digest), &self.q);
        let of_base = &s * &v % &self.q;
        let of_key = (&self.q - &r) * &v % &self.q;
        let sum = self.affine(&self.sum(&of_base, &of_key, &key));
        sum.is_some_and(|sum| sum.x % &self.q == r)
    }

    /// The public key in the bytes that [`Self::verify`] reads: a point of the curve, never the one at infinity.
    fn point(&self, key: &[u8]) -> Option<Affine> {
        let (x, y) = self.halves(key)?;
        let right = (&x * &x * &x + &self.a * &x + &self.b) % &self.p;
        (x < self.p && y < self.p && &y * &y % &self.p == right).then_some(Affine { x, y })
    }

    fn halves(&self, bytes: &[u8]) -> Option<(BigUint, BigUint)> {
        let (first, second) = (bytes.len() == 2 * self.size).then(|| bytes.split_at(self.size))?;
        Some((BigUint::from_bytes_le(first), BigUint::from_bytes_le(second)))
    }

    /// The digest as a number that can be divided by.
    fn digest(&self, digest: &[u8]) -> BigUint {
        let number = BigUint::from_bytes_le(digest) % &self.q;
        if is_zero(&number) { BigUint::from(1_u8) } else { number }
    }

    /// m·base + n·other in one walk over the bits of both (Shamir's trick).
    fn sum(&self, m: &BigUint, n: &BigUint, other: &Affine) -> Jacobian {
        let both = self.affine(&self.add(&jacobian(&self.base), other));
        let mut sum = Jacobian { x: BigUint::from(1_u8), y: BigUint::from(1_u8), z: BigUint::default() };
        for (m, n) in bits(m, self.size).zip(bits(n, self.size)) {
            sum = self.double(&sum);
            let step = match (m, n) {
                (true, true) => both.as_ref(),
                (true, false) => Some(&self.base),
                (false, true) => Some(other),
                (false, false) => None,
            };
            if let Some(step) = step {
                sum = self.add(&sum, step);
            }
        }
        sum
    }

    fn double(&self, it: &Jacobian) -> Jacobian {
        let yy = self.times(&it.y, &it.y);
        let zz = self.times(&it.z, &it.z);
        let s = self.times(&it.x, &yy) << 2;
        let slope = self.reduced(&it.x * &it.x * 3_u8 + self.times(&zz, &zz) * &self.a);
        let x = self.minus(&slope * &slope, &s << 1);
        let y = self.minus(slope * self.minus(s, x.clone()), self.times(&yy, &yy) << 3);
        let z = self.times(&it.y, &it.z) << 1;
        Jacobian { x, y, z: self.reduced(z) }
    }

    fn add(&self, one: &Jacobian, other: &Affine) -> Jacobian {
        if is_zero(&one.z) {
            return jacobian(other);
        }
        let zz = self.times(&one.z, &one.z);
        let across = self.minus(&other.x * &zz, one.x.clone());
        let up = self.minus(self.times(&other.y, &one.z) * &zz, one.y.clone());
        if is_zero(&across) && is_zero(&up) {
            return self.double(one);
        }
        let square = self.times(&across, &across);
        let cube = self.times(&square, &across);
        let v = self.times(&one.x, &square);
        let x = self.minus(&up * &up, &cube + (&v << 1));
        let y = self.minus(up * self.minus(v, x.clone()), self.times(&one.y, &cube));
        // Opposite points: `across` is zero, and so is z.
        Jacobian { x, y, z: self.times(&one.z, &across) }
    }

    /// None for the point at infinity.
    fn affine(&self, it: &Jacobian) -> Option<Affine> {
        if is_zero(&it.z) {
            return None;
        }
        let by = inverse(&it.z, &self.p);
        let square = self.times(&by, &by);
        Some(Affine { x: self.times(&it.x, &square), y: self.times(&it.y, &self.times(&square, &by)) })
    }

    fn times(&self, one: &BigUint, other: &BigUint) -> BigUint {
        self.reduced(one * other)
    }

    /// `number` modulo p. The curves in use have a p just below a power of two, which spares the division.
    fn reduced(&self, mut number: BigUint) -> BigUint {
        let Some(gap) = &self.gap else { return number % &self.p };
        while number.bits() > 8 * self.size {
            let high = &number >> (8 * self.size);
            number = (number & &self.mask) + high * gap;
        }
        if number < self.p { number } else { number - &self.p }
    }

    /// `one - other` modulo p, whatever their sizes.
    fn minus(&self, one: BigUint, other: BigUint) -> BigUint {
        let (one, other) = (self.reduced(one), self.reduced(other));
        if one >= other { one - other } else { one + &self.p - other }
    }
}

fn jacobian(it: &Affine) -> Jacobian {
    Jacobian { x: it.x.clone(), y: it.y.clone(), z: BigUint::from(1_u8) }
}

/// By Fermat: the modulus is prime.
fn inverse(number: &BigUint, modulus: &BigUint) -> BigUint {
    number.modpow(&(modulus - 2_u8), modulus)
}

/// The bits of a number of at most `size` bytes, the highest first.
fn bits(number: &BigUint, size: usize) -> impl Iterator<Item = bool> {
    let mut bytes = number.to_bytes_le();
    bytes.resize(size, 0);
    bytes.into_iter().rev().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
}

/// Signing: for the sandbox's keys only, since it takes a time that depends on the key.
#[cfg(feature = "sandbox")]
impl Curve {
    /// The public key of a secret one (little-endian, `size` bytes, not zero modulo q).
    pub fn public_key(&self, secret: &[u8]) -> Option<Vec<u8>> {
        let secret = self.scalar(secret)?;
        let point = self.affine(&self.sum(&secret, &BigUint::default(), &self.base))?;
        Some(self.bytes(&point.x, &point.y))
    }

    /// A signature with a nonce that nobody can guess; none for the one nonce in 2²⁵⁶ that does not do.
    pub fn sign(&self, secret: &[u8], digest: &[u8], nonce: &[u8]) -> Option<Vec<u8>> {
        let (secret, nonce) = (self.scalar(secret)?, self.scalar(nonce)?);
        let point = self.affine(&self.sum(&nonce, &BigUint::default(), &self.base))?;
        let r = point.x % &self.q;
        let s = (&r * secret + nonce * self.digest(digest)) % &self.q;
        (!is_zero(&r) && !is_zero(&s)).then(|| self.bytes(&r, &s))
    }

    fn scalar(&self, bytes: &[u8]) -> Option<BigUint> {
        let number = BigUint::from_bytes_le(bytes) % &self.q;
        (!is_zero(&number)).then_some(number)
    }

    fn bytes(&self, first: &BigUint, second: &BigUint) -> Vec<u8> {
        let half = |number: &BigUint| {
            let mut bytes = number.to_bytes_le();
            bytes.resize(self.size, 0);
            bytes
        };
        [half(first), half(second)].concat()
    }
}

// They sign.
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests {
    use super::*;

    /// Annex A of GOST R 34.10-2012: curve, secret key, digest, nonce, key and signature of its two examples.
    struct Example {
        curve: Curve,
        secret: &'static str,
        key: [&'static str; 2],
        digest: &'static str,
        nonce: &'static str,
        signature: [&'static str; 2],
    }

    fn short_example() -> Example {
        Example {
            curve: Curve::new(
                32,
                [
                    "8000000000000000000000000000000000000000000000000000000000000431",
                    "7",
                    "5FBFF498AA938CE739B8E022FBAFEF40563F6E6A3472FC2A514C0CE9DAE23B7E",
                    "8000000000000000000000000000000150FE8A1892976154C59CFC193ACCF5B3",
                ],
                ["2", "08E2A8A0E65147D4BD6316030E16D19C85C97F0A9CA267122B96ABBCEA7E8FC8"],
            ),
            secret: "7A929ADE789BB9BE10ED359DD39A72C11B60961F49397EEE1D19CE9891EC3B28",
            key: [
                "7F2B49E270DB6D90D8595BEC458B50C58585BA1D4E9B788F6689DBD8E56FD80B",
                "26F1B489D6701DD185C8413A977B3CBBAF64D1C593D26627DFFB101A87FF77DA",
            ],
            digest: "2DFBC1B372D89A1188C09C52E0EEC61FCE52032AB1022E8E67ECE6672B043EE5",
            nonce: "77105C9B20BCD3122823C8CF6FCC7B956DE33814E95B7FE64FED924594DCEAB3",
            signature: [
                "41AA28D2F1AB148280CD9ED56FEDA41974053554A42767B83AD043FD39DC0493",
                "01456C64BA4642A1653C235A98A60249BCD6D3F746B631DF928014F6C5BF9C40",
            ],
        }
    }

    fn long_example() -> Example {
        Example {
            curve: Curve::new(
                64,
                [
                    "4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15D\
                     F1D852741AF4704A0458047E80E4546D35B8336FAC224DD81664BBF528BE6373",
                    "7",
                    "1CFF0806A31116DA29D8CFA54E57EB748BC5F377E49400FDD788B649ECA1AC43\
                     61834013B2AD7322480A89CA58E0CF74BC9E540C2ADD6897FAD0A3084F302ADC",
                    "4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15D\
                     A82F2D7ECB1DBAC719905C5EECC423F1D86E25EDBE23C595D644AAF187E6E6DF",
                ],
                [
                    "24D19CC64572EE30F396BF6EBBFD7A6C5213B3B3D7057CC825F91093A68CD762\
                         FD60611262CD838DC6B60AA7EEE804E28BC849977FAC33B4B530F1B120248A9A",
                    "2BB312A43BD2CE6E0D020613C857ACDDCFBF061E91E5F2C3F32447C259F39B2C\
                         83AB156D77F1496BF7EB3351E1EE4E43DC1A18B91B24640B6DBB92CB1ADD371E",
                ],
            ),
            secret: "0BA6048AADAE241BA40936D47756D7C93091A0E8514669700EE7508E508B1020\
                     72E8123B2200A0563322DAD2827E2714A2636B7BFD18AADFC62967821FA18DD4",
            key: [
                "115DC5BC96760C7B48598D8AB9E740D4C4A85A65BE33C1815B5C320C854621DD\
                 5A515856D13314AF69BC5B924C8B4DDFF75C45415C1D9DD9DD33612CD530EFE1",
                "37C7C90CD40B0F5621DC3AC1B751CFA0E2634FA0503B3D52639F5D7FB72AFD61\
                 EA199441D943FFE7F0C70A2759A3CDB84C114E1F9339FDF27F35ECA93677BEEC",
            ],
            digest: "3754F3CFACC9E0615C4F4A7C4D8DAB531B09B6F9C170C533A71D147035B0C591\
                     7184EE536593F4414339976C647C5D5A407ADEDB1D560C4FC6777D2972075B8C",
            nonce: "0359E7F4B1410FEACC570456C6801496946312120B39D019D455986E364F3658\
                    86748ED7A44B3E794434006011842286212273A6D14CF70EA3AF71BB1AE679F1",
            signature: [
                "2F86FA60A081091A23DD795E1E3C689EE512A3C82EE0DCC2643C78EEA8FCACD3\
                 5492558486B20F1C9EC197C90699850260C93BCBCD9C5C3317E19344E173AE36",
                "1081B394696FFE8E6585E7A9362D26B6325F56778AADBC081C0BFBE933D52FF5\
                 823CE288E8C4F362526080DF7F70CE406A6EEB1F56919CB92A9853BDE73E5B4A",
            ],
        }
    }

    fn little(hexadecimal: &str) -> Vec<u8> {
        let mut bytes = number(hexadecimal).to_bytes_le();
        bytes.resize(if hexadecimal.len() > 64 { 64 } else { 32 }, 0);
        bytes
    }

    #[test]
    fn the_examples_of_the_standard_come_out() {
        for it in [short_example(), long_example()] {
            let [key, signature] = [it.key, it.signature].map(|halves| halves.map(little).concat());
            let [secret, digest, nonce] = [it.secret, it.digest, it.nonce].map(little);
            assert_eq!(it.curve.public_key(&secret).unwrap(), key);
            assert_eq!(it.curve.sign(&secret, &digest, &nonce).unwrap(), signature);
            assert!(it.curve.verify(&key, &digest, &signature));
        }
    }

    #[test]
    fn the_base_points_lie_on_their_curves_and_have_their_order() {
        for curve in [&*TC26_512_A, &*CRYPTO_PRO_A] {
            assert_eq!(curve.point(&curve.bytes(&curve.base.x, &curve.base.y)), Some(curve.base.clone()));
            let nowhere = curve.sum(&curve.q, &BigUint::default(), &curve.base);
            assert_eq!(curve.affine(&nowhere), None);
        }
    }

    #[test]
    fn what_is_out_of_range_or_off_the_curve_is_refused() {
        for curve in [&*TC26_512_A, &*CRYPTO_PRO_A] {
            let (secret, digest) = (vec![7; curve.size], vec![9; curve.size]);
            let key = curve.public_key(&secret).unwrap();
            let good = curve.sign(&secret, &digest, &vec![5; curve.size]).unwrap();
            assert!(curve.verify(&key, &digest, &good));
            let (r, s) = curve.halves(&good).unwrap();
            let zero = BigUint::default();
            for (r, s) in [
                (&zero, &s),
                (&r, &zero),
                (&curve.q, &s),
                (&r, &curve.q),
                (&s, &r),
                (&r, &(&curve.q - &s)),
                (&(&curve.q - &r), &s),
            ] {
                assert!(!curve.verify(&key, &digest, &curve.bytes(r, s)), "{r} {s}");
            }
            let (x, y) = curve.halves(&key).unwrap();
            for (x, y) in
                [(&y, &x), (&zero, &zero), (&x, &(&y + 1_u8)), (&curve.p, &y), (&x, &(&curve.p - &y))]
            {
                assert!(!curve.verify(&curve.bytes(x, y), &digest, &good), "{x} {y}");
            }
            // A key written with a coordinate beyond p would be the same key with another name.
            let small = curve.bytes(&(&curve.base.x + &curve.p), &curve.base.y);
            assert_eq!(curve.point(&small), None);
            assert!(!curve.verify(&key[1..], &digest, &good) && !curve.verify(&key, &digest, &good[1..]));
            assert!(!curve.verify(&[], &digest, &good) && !curve.verify(&key, &digest, &[]));
            assert!(!curve.verify(&key, &vec![8; curve.size], &good));
        }
    }

    #[test]
    fn adding_a_point_to_itself_and_to_its_opposite() {
        let curve = &*CRYPTO_PRO_A;
        let base = jacobian(&curve.base);
        let twice = curve.affine(&curve.double(&base));
        assert_eq!(curve.affine(&curve.add(&base, &curve.base)), twice);
        let opposite = Affine { x: curve.base.x.clone(), y: &curve.p - &curve.base.y };
        assert_eq!(curve.affine(&curve.add(&base, &opposite)), None);
        // A key that is the base point, or its opposite: the sum of both has no table entry of its own.
        for secret in [BigUint::from(1_u8), &curve.q - 1_u8] {
            let secret = secret.to_bytes_le();
            let key = curve.public_key(&secret).unwrap();
            let signature = curve.sign(&secret, &[3; 32], &[5; 32]).unwrap();
            assert!(curve.verify(&key, &[3; 32], &signature));
        }
    }

    #[test]
    fn a_digest_of_zero_is_one() {
        let curve = &*CRYPTO_PRO_A;
        let key = curve.public_key(&[7; 32]).unwrap();
        let signature = curve.sign(&[7; 32], &[0; 32], &[5; 32]).unwrap();
        assert!(curve.verify(&key, &[0; 32], &signature));
    }
}

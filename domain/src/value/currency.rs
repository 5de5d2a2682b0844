//! Currencies: the alphabetic codes of ISO 4217 with their exponents.
//!
//! Only money that is paid with: funds, metals and testing codes (`XAU`,
//! `CLF`, `XXX`) are left out on purpose. Codes that were withdrawn while
//! shops still hold books in them (`BGN`, `ANG`) stay, because a journal is
//! read for ever.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::ValueError;

macro_rules! currencies {
    ($($code:ident $exponent:literal),+ $(,)?) => {
        /// A currency of ISO 4217. Serialises as its alphabetic code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        // No list of codes: the schema of no event changes when ISO adds one.
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[cfg_attr(test, schemars(with = "String", extend("pattern" = "^[A-Z]{3}$")))]
        #[allow(clippy::upper_case_acronyms, reason = "the names are ISO's")]
        pub enum Currency {
            $(
                #[doc = concat!("ISO 4217 `", stringify!($code), "`, exponent ", $exponent, ".")]
                $code
            ),+
        }

        impl Currency {
            /// Every currency that is known, in alphabetical order.
            pub const KNOWN: &'static [Self] = &[$(Self::$code),+];

            /// The alphabetic code, for example `EUR`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$code => stringify!($code)),+ }
            }

            /// How many decimals the minor unit stands for: 2 for `EUR`, 0 for `JPY`.
            #[must_use]
            pub const fn exponent(self) -> u32 {
                match self { $(Self::$code => $exponent),+ }
            }
        }
    };
}

currencies! {
    AED 2, AFN 2, ALL 2, AMD 2, ANG 2, AOA 2, ARS 2, AUD 2, AWG 2, AZN 2,
    BAM 2, BBD 2, BDT 2, BGN 2, BHD 3, BIF 0, BMD 2, BND 2, BOB 2, BRL 2,
    BSD 2, BTN 2, BWP 2, BYN 2, BZD 2, CAD 2, CDF 2, CHF 2, CLP 0, CNY 2,
    COP 2, CRC 2, CUP 2, CVE 2, CZK 2, DJF 0, DKK 2, DOP 2, DZD 2, EGP 2,
    ERN 2, ETB 2, EUR 2, FJD 2, FKP 2, GBP 2, GEL 2, GHS 2, GIP 2, GMD 2,
    GNF 0, GTQ 2, GYD 2, HKD 2, HNL 2, HTG 2, HUF 2, IDR 2, ILS 2, INR 2,
    IQD 3, IRR 2, ISK 0, JMD 2, JOD 3, JPY 0, KES 2, KGS 2, KHR 2, KMF 0,
    KPW 2, KRW 0, KWD 3, KYD 2, KZT 2, LAK 2, LBP 2, LKR 2, LRD 2, LSL 2,
    LYD 3, MAD 2, MDL 2, MGA 2, MKD 2, MMK 2, MNT 2, MOP 2, MRU 2, MUR 2,
    MVR 2, MWK 2, MXN 2, MYR 2, MZN 2, NAD 2, NGN 2, NIO 2, NOK 2, NPR 2,
    NZD 2, OMR 3, PAB 2, PEN 2, PGK 2, PHP 2, PKR 2, PLN 2, PYG 0, QAR 2,
    RON 2, RSD 2, RUB 2, RWF 0, SAR 2, SBD 2, SCR 2, SDG 2, SEK 2, SGD 2,
    SHP 2, SLE 2, SOS 2, SRD 2, SSP 2, STN 2, SVC 2, SYP 2, SZL 2, THB 2,
    TJS 2, TMT 2, TND 3, TOP 2, TRY 2, TTD 2, TWD 2, TZS 2, UAH 2, UGX 0,
    USD 2, UYU 2, UZS 2, VED 2, VES 2, VND 0, VUV 0, WST 2, XAF 0, XCD 2,
    XCG 2, XOF 0, XPF 0, YER 2, ZAR 2, ZMW 2, ZWG 2,
}

impl FromStr for Currency {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        // The list is in alphabetical order (a test holds it to that).
        Self::KNOWN
            .binary_search_by(|currency| currency.code().cmp(text))
            .ok()
            .and_then(|at| Self::KNOWN.get(at).copied())
            .ok_or_else(|| {
                ValueError::new(
                    "currency",
                    text,
                    "it is not a code of ISO 4217 that is known here",
                    "a currency is three capital letters such as EUR or USD",
                )
            })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Code;
        impl Visitor<'_> for Code {
            type Value = Currency;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a currency code of ISO 4217")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Currency, E> {
                text.parse().map_err(E::custom)
            }
        }
        input.deserialize_str(Code)
    }
}

#[cfg(test)]
mod tests {
    use super::Currency;

    #[test]
    fn the_list_is_sorted_so_that_it_can_be_searched() {
        let codes: Vec<_> = Currency::KNOWN.iter().map(|c| c.code()).collect();
        assert!(codes.is_sorted());
        for currency in Currency::KNOWN {
            assert_eq!(currency.code().parse(), Ok(*currency));
        }
    }

    #[test]
    fn exponents_are_isos() {
        assert_eq!(Currency::EUR.exponent(), 2);
        assert_eq!(Currency::JPY.exponent(), 0);
        assert_eq!(Currency::KWD.exponent(), 3);
    }

    #[test]
    fn an_unknown_code_is_refused_with_what_would_be_right() {
        for text in ["eur", "EURO", "XXX", "", "E\0R"] {
            let error = text.parse::<Currency>().unwrap_err();
            assert!(error.to_string().contains("such as EUR"), "{error}");
        }
    }
}

//! In which money prices are.

use crate::units::Money;

crate::choices! {
    /// A currency, by its code of ISO 4217.
    pub enum Currency {
        /// The US dollar.
        Usd = "USD",
        /// The euro.
        Eur = "EUR",
        /// The pound sterling.
        Gbp = "GBP",
        /// The Swiss franc.
        Chf = "CHF",
        /// The yen.
        Jpy = "JPY",
        /// The yuan.
        Cny = "CNY",
        /// The Indian rupee.
        Inr = "INR",
        /// The Brazilian real.
        Brl = "BRL",
        /// The Canadian dollar.
        Cad = "CAD",
        /// The Australian dollar.
        Aud = "AUD",
        /// The Swedish krona.
        Sek = "SEK",
        /// The zloty.
        Pln = "PLN",
    }
}

impl Currency {
    /// That of prices that name none.
    pub const USUAL: Self = Self::Usd;

    /// How results name it.
    pub const fn money(self) -> Money {
        Money::ALL[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Field, Kind};

    #[test]
    fn each_is_called_as_it_is_written() {
        let Kind::Words(words) = Currency::kind() else { panic!("currencies are words") };
        let codes: Vec<&str> = Money::ALL.iter().map(|money| money.code).collect();
        assert_eq!(words.iter().map(|word| word.name).collect::<Vec<_>>(), codes);
        assert_eq!(Currency::Pln.money().code, "PLN");
    }
}

//! Sentences that are not in the training text, in every supported language.

use proptest::prelude::*;

use super::*;

/// Two sentences a language: one of a policy, one of everyday life.
const SENTENCES: [(&str, [&str; 2]); 34] = [
    (
        "bg",
        [
            "Можете да оттеглите съгласието си по всяко време, като ни пишете на посочения адрес.",
            "Утре сутринта влакът за морето тръгва по-рано от обикновено заради ремонта.",
        ],
    ),
    (
        "bs",
        [
            "Vaše lične podatke čuvamo samo dok traje ugovor, a poslije toga ih brišemo u roku od sedmicu dana.",
            "Ljekar u općini Centar radi svake sedmice, osim u januaru i augustu, kako je porodica i tražila.",
        ],
    ),
    (
        "ca",
        [
            "Podeu exercir els vostres drets si ens envieu una carta amb una còpia del document d'identitat.",
            "Aquest vespre soparem a casa dels avis perquè fa anys la meva germana petita.",
        ],
    ),
    (
        "cs",
        [
            "Vaše údaje uchováváme pouze po dobu, která je nutná ke splnění smlouvy, a potom je vymažeme.",
            "Zítra pojedeme vlakem k babičce, protože má narozeniny a upekla nám koláč.",
        ],
    ),
    (
        "da",
        [
            "Du kan til enhver tid få slettet de oplysninger, som vi har registreret om dig i vores system.",
            "Børnene skal have madpakker med i morgen, fordi klassen tager på udflugt til skoven.",
        ],
    ),
    (
        "de",
        [
            "Sie können jederzeit verlangen, dass wir Ihre gespeicherten Angaben berichtigen oder löschen.",
            "Am Wochenende fahren wir mit dem Fahrrad an den See und grillen dort mit den Nachbarn.",
        ],
    ),
    (
        "el",
        [
            "Μπορείτε να ζητήσετε τη διαγραφή των δεδομένων σας οποιαδήποτε στιγμή με ένα μήνυμα.",
            "Το απόγευμα θα πάμε στη θάλασσα με τα παιδιά και μετά θα φάμε παγωτό.",
        ],
    ),
    (
        "en",
        [
            "You can ask us at any time to delete the details that we keep about you on file.",
            "The neighbours are away this week, so we are feeding their cat and watering the plants.",
        ],
    ),
    (
        "es",
        [
            "Puede pedirnos en cualquier momento que borremos los datos que guardamos sobre usted.",
            "El domingo iremos a comer a casa de mis tíos, que viven cerca de la playa.",
        ],
    ),
    (
        "et",
        [
            "Teil on igal ajal õigus paluda, et me kustutaksime andmed, mida teie kohta hoiame.",
            "Homme hommikul sõidame bussiga maale, sest vanaema ootab meid juba pikisilmi.",
        ],
    ),
    (
        "fi",
        [
            "Voit milloin tahansa pyytää meitä poistamaan tiedot, joita olemme sinusta tallentaneet.",
            "Huomenna menemme mökille saunomaan, jos sää pysyy yhtä lämpimänä kuin tänään.",
        ],
    ),
    (
        "fr",
        [
            "Vous pouvez nous demander à tout moment d'effacer les informations que nous détenons sur vous.",
            "Dimanche prochain, nous irons déjeuner chez mes cousins qui habitent près de la rivière.",
        ],
    ),
    (
        "ga",
        [
            "Is féidir leat iarraidh orainn am ar bith na sonraí atá againn fút a scriosadh.",
            "Beidh muid ag dul go dtí an trá amárach má bhíonn an aimsir go maith.",
        ],
    ),
    (
        "hr",
        [
            "Ispitanik može u svakom trenutku opozvati privolu, a voditelj obrade tada briše osobne podatke.",
            "Tko želi, može sljedeći tjedan doći u općinu i predati zahtjev za potporu obitelji.",
        ],
    ),
    (
        "hu",
        [
            "Bármikor kérheti, hogy töröljük azokat az adatokat, amelyeket Önről tárolunk.",
            "Holnap reggel korán indulunk a Balatonra, mert délután már esni fog az eső.",
        ],
    ),
    (
        "is",
        [
            "Þú getur hvenær sem er beðið okkur um að eyða þeim gögnum sem við geymum um þig.",
            "Á morgun ætlum við að fara í sund og fá okkur ís á eftir ef veðrið verður gott.",
        ],
    ),
    (
        "it",
        [
            "Può chiederci in qualsiasi momento di cancellare i dati che conserviamo su di lei.",
            "Domenica andiamo a pranzo dai nonni, che abitano in collina vicino a un bosco.",
        ],
    ),
    (
        "lt",
        [
            "Bet kada galite paprašyti, kad ištrintume duomenis, kuriuos apie jus saugome.",
            "Rytoj važiuosime prie ežero, nes pagaliau atšilo ir vaikai nori maudytis.",
        ],
    ),
    (
        "lv",
        [
            "Jūs jebkurā laikā varat lūgt, lai mēs dzēšam datus, kurus par jums glabājam.",
            "Rīt no rīta brauksim uz laukiem, jo vecmāmiņai jāpalīdz novākt ābolus.",
        ],
    ),
    (
        "mk",
        [
            "Во секое време можете да побарате да ги избришеме податоците што ги чуваме за вас.",
            "Утре ќе одиме на езеро со децата, ако времето биде топло како денес.",
        ],
    ),
    (
        "mt",
        [
            "Tista' titlobna f'kull ħin biex inħassru d-dejta li nżommu dwarek.",
            "Għada filgħodu se mmorru l-baħar mat-tfal għax it-temp huwa sabiħ ħafna.",
        ],
    ),
    (
        "nb",
        [
            "Du kan når som helst be oss om å slette opplysningene som vi har lagret om deg.",
            "I morgen skal barna ha med seg matpakke fordi klassen skal på tur i skogen.",
        ],
    ),
    (
        "nl",
        [
            "U kunt ons op elk moment vragen om de gegevens die wij over u bewaren te wissen.",
            "Zondag gaan we bij mijn oom en tante eten, die vlak bij het strand wonen.",
        ],
    ),
    (
        "nn",
        [
            "Du kan når som helst be oss om å slette opplysningane som vi har lagra om deg.",
            "I morgon skal borna ha med seg niste fordi klassen skal ut og gå i skogen.",
        ],
    ),
    (
        "pl",
        [
            "W każdej chwili może Pani poprosić, żebyśmy usunęli dane, które o Pani przechowujemy.",
            "Jutro rano jedziemy nad jezioro, bo wreszcie zrobiło się ciepło i dzieci chcą pływać.",
        ],
    ),
    (
        "pt",
        [
            "Pode pedir-nos a qualquer momento que apaguemos os dados que guardamos a seu respeito.",
            "No domingo vamos almoçar a casa dos meus tios, que moram perto da praia.",
        ],
    ),
    (
        "ro",
        [
            "Ne puteți cere oricând să ștergem datele pe care le păstrăm despre dumneavoastră.",
            "Duminică mergem la masă la bunici, care locuiesc lângă pădure, într-o casă veche.",
        ],
    ),
    (
        "sk",
        [
            "Kedykoľvek nás môžete požiadať, aby sme vymazali údaje, ktoré o vás uchovávame.",
            "Zajtra pôjdeme vlakom k babičke, pretože má narodeniny a upiekla nám koláč.",
        ],
    ),
    (
        "sl",
        [
            "Kadar koli lahko zahtevate, da izbrišemo podatke, ki jih hranimo o vas.",
            "Jutri se bomo z vlakom odpeljali k babici, ker ima rojstni dan in je spekla potico.",
        ],
    ),
    (
        "sq",
        [
            "Në çdo kohë mund të na kërkoni që t'i fshijmë të dhënat që ruajmë për ju.",
            "Nesër në mëngjes do të shkojmë në plazh me fëmijët, sepse koha është shumë e mirë.",
        ],
    ),
    (
        "sr",
        [
            "U svakom trenutku možete zahtevati da obrišemo podatke o ličnosti koje čuvamo na bezbednom mestu.",
            "Деца ће сутра ићи на излет у шуму, па им треба спремити храну пре поласка.",
        ],
    ),
    (
        "sv",
        [
            "Du kan när som helst be oss att radera de uppgifter som vi har sparat om dig.",
            "I morgon ska barnen ha med sig matsäck eftersom klassen åker på utflykt till skogen.",
        ],
    ),
    (
        "tr",
        [
            "Hakkınızda sakladığımız verileri silmemizi istediğiniz zaman bizden talep edebilirsiniz.",
            "Yarın sabah çocuklarla denize gideceğiz, çünkü hava çok güzel olacakmış.",
        ],
    ),
    (
        "uk",
        [
            "Ви можете будь-коли попросити нас видалити дані, які ми про вас зберігаємо.",
            "Завтра вранці ми поїдемо до бабусі, бо в неї день народження і вона спекла пиріг.",
        ],
    ),
];

fn code(text: &str) -> String {
    detect(text).language.to_string()
}

fn lang(code: &str) -> Language {
    code.parse().unwrap()
}

/// Bosnian, Croatian and Serbian sentences may read like each other.
fn agree(found: &str, expected: &str) -> bool {
    Kinship::of(lang(found), lang(expected)) == Kinship::Same
}

#[test]
fn every_supported_language_is_told() {
    assert_eq!(SENTENCES.map(|(code, _)| lang(code)), supported());
    for (expected, sentences) in SENTENCES {
        for sentence in sentences {
            let found = detect(sentence);
            assert!(agree(found.language.as_str(), expected), "{sentence}: {found:?}");
            assert_ne!(found.runner_up, Some(found.language));
        }
        assert_eq!(document(&sentences, None).as_str(), expected);
    }
}

#[test]
fn case_does_not_count() {
    for (expected, sentences) in SENTENCES {
        for sentence in sentences {
            assert!(agree(&code(&sentence.to_uppercase()), expected), "{}", sentence.to_uppercase());
        }
    }
}

#[test]
fn text_typed_without_diacritics_is_told() {
    for (expected, sentences) in SENTENCES {
        for sentence in sentences {
            assert!(agree(&code(&fold::plain(sentence)), expected), "{}", fold::plain(sentence));
        }
    }
    for (expected, sentence) in [
        ("sq", "Ne perdorim te dhenat tuaja vetem per te permbushur kontraten dhe per te derguar faturen."),
        ("sq", "Keni te drejte te beni ankese prane Komisionerit nese mendoni se nuk ju kemi mbrojtur."),
        ("sv", "Vi anvander dina personuppgifter for att kunna skicka bestallningen till ratt adress."),
        ("sv", "Om du inte ar nojd med vart svar far du klaga hos tillsynsmyndigheten."),
        ("de", "Wir uebermitteln Ihre persoenlichen Angaben nur, wenn es fuer die Durchfuehrung noetig ist."),
    ] {
        assert_eq!(code(sentence), expected, "{sentence}");
    }
}

#[test]
fn neighbours_and_strangers_are_not_taken_for_supported_languages() {
    for (expected, sentence) in [
        ("gl", "Vostede pode pedirnos en calquera momento que borremos os datos que gardamos nos nosos arquivos."),
        ("ru", "Вы можете в любое время попросить нас удалить сведения, которые мы о вас храним."),
        ("cy", "Gallwch ofyn i ni ar unrhyw adeg i ddileu'r wybodaeth yr ydym yn ei chadw amdanoch."),
        ("vi", "Bạn có thể yêu cầu chúng tôi xóa những thông tin mà chúng tôi đang lưu giữ về bạn."),
        ("id", "Anda dapat meminta kami kapan saja untuk menghapus keterangan yang kami simpan tentang Anda."),
        ("und", "Waxaad mar kasta naga codsan kartaa inaan tirtirno macluumaadka aan kaa hayno."),
        ("und", "Fqwz jkrtx vbnplq zxcvd hgfdsq wrtpk mnbvcx plkjhq zzxqw."),
    ] {
        assert_eq!(code(sentence), expected, "{sentence}");
    }
}

#[test]
fn text_without_words_is_unknown() {
    for text in ["", "   \n", "12.05.2024 – 100 %", "🙂🙂🙂", "https://example.com info@example.com", "…"] {
        assert_eq!(detect(text), Detection::NONE, "{text}");
        assert_eq!(paragraph(text, lang("sv")), lang("sv"));
    }
    assert!(document(&[], None).is_unknown());
    assert_eq!(document(&["", "1.", "🙂"], Some(lang("lv"))).as_str(), "lv");
}

#[test]
fn short_paragraphs_and_names_follow_the_document() {
    for text in [
        "Privacy Policy",
        "Kontakt",
        "Cookies and similar technologies",
        "Google Analytics, Facebook Pixel, Hotjar, Intercom, Mailchimp, Stripe, Cloudflare, Zendesk",
        "Nordlicht & Söhne Logistics GmbH, 12 Harbour Street, Suite 400, San Francisco, CA 94107, USA",
        "Se example.com/privacy och https://example.org/en/how-we-use-your-data-and-why",
    ] {
        for document in ["sv", "sq", "el", "bg", "hr"] {
            assert_eq!(paragraph(text, lang(document)), lang(document), "{text}");
        }
    }
}

#[test]
fn long_paragraphs_in_another_language_have_their_own() {
    for (expected, sentences) in SENTENCES {
        for document in ["sq", "fi", "en", "el"] {
            if expected != document {
                let found = paragraph(sentences[0], lang(document));
                assert!(agree(found.as_str(), expected), "{} in {document}: {found}", sentences[0]);
            }
        }
    }
    let english = "We will never sell your contact details to other companies.";
    assert_eq!(paragraph(english, lang("sq")).as_str(), "en");
    assert_eq!(paragraph("Πολιτική απορρήτου", lang("en")).as_str(), "el");
    assert_eq!(paragraph("Обавештење о обради података о личности", lang("en")), lang("sr"));
}

#[test]
fn standards_of_one_language_follow_the_document() {
    let serbian = "Deca mogu da koriste uslugu samo uz pristanak roditelja koji smo proverili na bezbedan način.";
    for document in ["bs", "hr", "sr"] {
        assert_eq!(paragraph(serbian, lang(document)), lang(document));
    }
}

#[test]
fn documents_are_in_the_language_of_most_of_their_text() {
    let page = [
        "Integritetspolicy",
        "Privacy policy for customers of our shops and readers of our newsletter",
        "Vi samlar in ditt namn och din adress när du handlar hos oss eller skriver till kundtjänst.",
        "Uppgifterna raderas tre år efter det senaste köpet om inte bokföringslagen kräver något annat.",
        "Du har rätt att få veta vilka uppgifter vi har och att få felaktiga uppgifter rättade.",
        "Cookie settings | Accept all | Reject all",
    ];
    assert_eq!(document(&page, Some(lang("en"))).as_str(), "sv");
    assert_eq!(document(&page[..1], Some(lang("sv"))).as_str(), "sv");
}

#[test]
fn what_a_page_declares_decides_between_relatives_only() {
    // Nothing in it is Croatian, Bosnian or Serbian alone.
    let open = ["Podatke koristimo samo za slanje računa i poruka koje ste sami tražili."];
    for declared in ["hr", "bs", "sr"] {
        assert_eq!(document(&open, Some(lang(declared))), lang(declared));
    }
    assert!(agree(document(&open, Some(lang("sl"))).as_str(), "hr"));
}

#[test]
fn long_text_is_read_to_the_end() {
    let sentence = SENTENCES[31].1[0];
    let text = sentence.repeat((1 << 20) / sentence.len());
    assert_eq!(code(&text), "sv");
    assert_eq!(detect(&"a".repeat(1 << 20)), Detection::NONE);
}

proptest! {
    #[test]
    fn any_text_has_a_verdict(text in "\\PC{0,200}", other in ".{0,60}") {
        let found = detect(&text);
        prop_assert!((0.0..=1.0).contains(&found.confidence));
        prop_assert_eq!(found.language.is_unknown(), found.confidence <= 0.0);
        let document = document(&[&text, &other], None);
        paragraph(&other, document);
    }

    #[test]
    fn codes_and_white_space_change_nothing(index in 0..SENTENCES.len()) {
        let sentence = SENTENCES[index].1[0];
        let noisy = format!("  1.2 https://example.com/a?b=c {}\n2024-01-01 mail@example.org ", sentence.replace(' ', "\n\t"));
        prop_assert_eq!(detect(sentence), detect(&noisy));
    }
}

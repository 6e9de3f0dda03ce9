//! What the attributes of a start tag say about its element.

use super::names::Tag;

/// Facts about an element, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags(u32);

impl Flags {
    pub(super) const NAVIGATION: Self = Self(1);
    pub(super) const HEADER: Self = Self(1 << 1);
    pub(super) const FOOTER: Self = Self(1 << 2);
    pub(super) const ASIDE: Self = Self(1 << 3);
    pub(super) const DIALOG: Self = Self(1 << 4);
    /// A consent manager or cookie banner by a name that nothing else has.
    pub(super) const CONSENT: Self = Self(1 << 5);
    pub(super) const MAIN: Self = Self(1 << 6);
    pub(super) const CONTENT: Self = Self(1 << 7);
    pub(super) const HIDDEN: Self = Self(1 << 8);
    /// Hidden from assistive technology only: icons, or closed panels.
    pub(super) const ARIA_HIDDEN: Self = Self(1 << 9);
    pub(super) const BOLD: Self = Self(1 << 10);
    pub(super) const NOT_BOLD: Self = Self(1 << 11);
    pub(super) const PRESENTATION: Self = Self(1 << 12);
    pub(super) const TH: Self = Self(1 << 13);
    pub(super) const ROW_SCOPE: Self = Self(1 << 14);
    /// A control that opens a panel.
    pub(super) const TOGGLE: Self = Self(1 << 15);
    pub(super) const SKIP_LINK: Self = Self(1 << 16);
    pub(super) const MENU_NAME: Self = Self(1 << 17);
    pub(super) const EDGE_NAME: Self = Self(1 << 18);
    pub(super) const CRUMBS: Self = Self(1 << 19);
    pub(super) const BANNER_NAME: Self = Self(1 << 20);
    pub(super) const LINK_INSIDE: Self = Self(1 << 21);
    pub(super) const LINK_TOP: Self = Self(1 << 22);
    pub(super) const SIDE_NAME: Self = Self(1 << 23);

    const HREF: Self = Self(1 << 24);
    const SHADOW_ROOT: Self = Self(1 << 25);

    /// Whether any of the other's facts hold.
    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Adds the other's facts.
    pub(super) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The facts of both.
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The attributes of the tag that is being read, as far as they matter.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    class: Vec<u8>,
    id: Vec<u8>,
    role: Vec<u8>,
    style: Vec<u8>,
    href: Vec<u8>,
    scope: Vec<u8>,
    colspan: Vec<u8>,
    rowspan: Vec<u8>,
    level: Vec<u8>,
    aria_hidden: Vec<u8>,
    modal: Vec<u8>,
    /// What attributes without regard to their value say.
    present: Flags,
    any: bool,
}

impl Attributes {
    /// Forgets the attributes of the tag before.
    pub(super) fn clear(&mut self) {
        if !std::mem::take(&mut self.any) {
            return;
        }
        for value in [
            &mut self.class,
            &mut self.id,
            &mut self.role,
            &mut self.style,
            &mut self.href,
            &mut self.scope,
            &mut self.colspan,
            &mut self.rowspan,
            &mut self.level,
            &mut self.aria_hidden,
            &mut self.modal,
        ] {
            value.clear();
        }
        self.present = Flags::default();
    }

    /// Keeps an attribute; the first of a name counts.
    pub(super) fn set(&mut self, name: &[u8], value: &[u8]) {
        let place = match name {
            b"class" => &mut self.class,
            b"id" => &mut self.id,
            b"role" => &mut self.role,
            b"style" => &mut self.style,
            b"href" => {
                self.present.add(Flags::HREF);
                &mut self.href
            }
            b"scope" => &mut self.scope,
            b"colspan" => &mut self.colspan,
            b"rowspan" => &mut self.rowspan,
            b"aria-level" => &mut self.level,
            b"aria-hidden" => &mut self.aria_hidden,
            b"aria-modal" => &mut self.modal,
            b"hidden" => {
                self.any = true;
                self.present.add(Flags::HIDDEN);
                return;
            }
            b"aria-expanded" | b"aria-controls" | b"data-toggle" | b"data-bs-toggle" => {
                self.any = true;
                self.present.add(Flags::TOGGLE);
                return;
            }
            b"shadowrootmode" => {
                self.any = true;
                self.present.add(Flags::SHADOW_ROOT);
                return;
            }
            _ => return,
        };
        self.any = true;
        if place.is_empty() {
            place.extend(value.iter().take(512).map(u8::to_ascii_lowercase));
        }
    }

    /// Whether a template is the rendered content of its parent.
    pub(super) fn is_shadow_root(&self) -> bool {
        self.present.has(Flags::SHADOW_ROOT)
    }

    /// The heading level: that of the name, or `aria-level` of `role=heading`.
    pub(super) fn heading_level(&self, name: &[u8]) -> Option<u8> {
        if self.role == b"heading" {
            return Some(self.level.first().map_or(2, |digit| digit.saturating_sub(b'0')).clamp(1, 6));
        }
        match name {
            [b'h', digit @ b'1'..=b'6'] => Some(digit - b'0'),
            _ => None,
        }
    }

    /// Columns and rows that a cell spans.
    pub(super) fn spans(&self) -> (u16, u16) {
        let span = |value: &[u8]| {
            let text = std::str::from_utf8(value).unwrap_or_default();
            text.trim().parse::<u16>().unwrap_or(1).clamp(1, 1000)
        };
        (span(&self.colspan), span(&self.rowspan))
    }

    /// The facts about an element of this tag.
    pub(super) fn flags(&self, tag: Tag, name: &[u8]) -> Flags {
        let mut flags = match tag {
            Tag::Nav => Flags::NAVIGATION,
            Tag::Header => Flags::HEADER,
            Tag::Footer => Flags::FOOTER,
            Tag::Aside => Flags::ASIDE,
            Tag::Dialog => Flags::DIALOG,
            Tag::Main | Tag::Article => Flags::MAIN,
            Tag::Td if name == b"th" => Flags::TH,
            _ => Flags::default(),
        };
        if !self.any {
            return flags;
        }
        flags.add(match self.role.as_slice() {
            b"navigation" | b"menu" | b"menubar" | b"search" => Flags::NAVIGATION,
            b"banner" => Flags::HEADER,
            b"contentinfo" => Flags::FOOTER,
            b"complementary" => Flags::ASIDE,
            b"dialog" | b"alertdialog" => Flags::DIALOG,
            b"main" | b"article" => Flags::MAIN,
            b"presentation" | b"none" => Flags::PRESENTATION,
            _ => Flags::default(),
        });
        if self.modal == b"true" {
            flags.add(Flags::DIALOG);
        }
        flags.add(self.present);
        if !self.style.is_empty() && self.hides() {
            flags.add(Flags::HIDDEN);
        }
        if self.aria_hidden == b"true" {
            flags.add(Flags::ARIA_HIDDEN);
        }
        if !self.style.is_empty() {
            flags.add(self.weight());
        }
        if matches!(self.scope.as_slice(), b"row" | b"rowgroup") {
            flags.add(Flags::ROW_SCOPE);
        }
        if self.present.has(Flags::HREF) {
            flags.add(match self.href.as_slice() {
                b"#" | b"#top" | b"" => Flags::LINK_TOP,
                [b'#', ..] => Flags::LINK_INSIDE,
                _ => Flags::default(),
            });
        }
        for value in [&self.id, &self.class] {
            named(value, &mut flags);
        }
        flags
    }

    fn declares(&self, property: &[u8], accept: impl Fn(&[u8]) -> bool) -> bool {
        self.style.split(|byte| *byte == b';').any(|declaration| {
            let mut halves = declaration.splitn(2, |byte| *byte == b':');
            let name = halves.next().unwrap_or_default().trim_ascii();
            name == property && accept(halves.next().unwrap_or_default().trim_ascii())
        })
    }

    fn hides(&self) -> bool {
        self.declares(b"display", |value| value.starts_with(b"none"))
            || self.declares(b"visibility", |value| value.starts_with(b"hidden"))
    }

    fn weight(&self) -> Flags {
        let heavy = |value: &[u8]| value.starts_with(b"bold") || matches!(value.first(), Some(b'6'..=b'9'));
        if self.declares(b"font-weight", heavy)
            || self.declares(b"text-decoration", |value| value.starts_with(b"underline"))
        {
            Flags::BOLD
        } else if self.declares(b"font-weight", |value| value.starts_with(b"normal") || value.starts_with(b"400")) {
            Flags::NOT_BOLD
        } else {
            Flags::default()
        }
    }
}

/// Names that consent managers give their banners, as ids or classes.
const CONSENT_NAMES: [&[u8]; 34] = [
    b"cybotcookiebotdialog",
    b"cookiebanner",
    b"cookie-banner",
    b"cookie_banner",
    b"cookieconsent",
    b"cookie-consent",
    b"cookie-bar",
    b"cookiebar",
    b"cookie-notice",
    b"cookie-popup",
    b"cookie-modal",
    b"cookie-law-info-bar",
    b"clisettingspopup",
    b"onetrust-consent-sdk",
    b"onetrust-banner-sdk",
    b"onetrust-pc-sdk",
    b"usercentrics-root",
    b"didomi-host",
    b"didomi-popup",
    b"cmplz-cookiebanner",
    b"cmplz-cookiebanner-container",
    b"tarteaucitronroot",
    b"borlabscookiebox",
    b"iubenda-cs-banner",
    b"osano-cm-window",
    b"klaro",
    b"cc-window",
    b"cky-consent-container",
    b"cky-modal",
    b"qc-cmp2-container",
    b"moove_gdpr_cookie_info_bar",
    b"moove_gdpr_cookie_modal",
    b"cookiescript_injected",
    b"axeptio_overlay",
];

/// Reads ids and class names. None of these flags alone drops an element; see `select`.
fn named(value: &[u8], flags: &mut Flags) {
    for name in value.split(u8::is_ascii_whitespace) {
        if name.len() < 3 {
            continue;
        }
        if CONSENT_NAMES.contains(&name) {
            flags.add(Flags::CONSENT);
        }
        if matches!(
            name,
            b"content" | b"main-content" | b"maincontent" | b"main" | b"primary" | b"entry-content" | b"post-content"
        ) {
            flags.add(Flags::CONTENT);
        }
        let has = |word: &[u8]| name.windows(word.len()).any(|window| window == word);
        if has(b"nav") || has(b"menu") || has(b"lang") || has(b"social") || has(b"share") {
            flags.add(Flags::MENU_NAME);
        }
        if has(b"foot") || has(b"header") || has(b"topbar") || has(b"copyright") {
            flags.add(Flags::EDGE_NAME);
        }
        if has(b"sidebar") || has(b"widget") || has(b"related") || has(b"comment") || has(b"newsletter") {
            flags.add(Flags::SIDE_NAME);
        }
        if has(b"material-icons") || has(b"material-symbols") {
            flags.add(Flags::ARIA_HIDDEN);
        }
        if has(b"breadcrumb") {
            flags.add(Flags::CRUMBS);
        }
        if (has(b"cookie") || has(b"consent") || has(b"gdpr"))
            && (has(b"banner")
                || has(b"bar")
                || has(b"popup")
                || has(b"modal")
                || has(b"notice")
                || has(b"dialog")
                || has(b"overlay"))
        {
            flags.add(Flags::BANNER_NAME);
        }
        if has(b"skip") || name == b"sr-only" || name == b"visually-hidden" || name == b"screen-reader-text" {
            flags.add(Flags::SKIP_LINK);
        }
        if has(b"accordion") || has(b"collaps") || has(b"toggle") {
            flags.add(Flags::TOGGLE);
        }
    }
}

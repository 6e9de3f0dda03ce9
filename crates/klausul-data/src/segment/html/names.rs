//! Element names and what they do to the structure of a page.

/// The elements that matter for segmentation; inline elements that change nothing are [`Tag::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    /// Inline without effect, or unknown.
    Other,
    A,
    Article,
    Aside,
    /// Bold or underlined.
    Bold,
    Br,
    Button,
    Caption,
    Center,
    Dd,
    Details,
    Dialog,
    /// A block without meaning of its own.
    Div,
    Dl,
    Dt,
    Footer,
    Form,
    /// h1 to h6.
    Heading,
    Header,
    Hr,
    /// A form control without text that would be read.
    Input,
    Li,
    /// ul, ol, menu, dir.
    List,
    Main,
    Nav,
    P,
    Pre,
    Section,
    /// Content that is never read: script, style, template, …
    Skip,
    Span,
    Summary,
    Svg,
    Table,
    Tbody,
    Td,
    Thead,
    Tr,
    /// A void element without effect.
    Void,
}

/// How many tags there are.
pub(super) const TAGS: usize = Tag::Void as usize + 1;

impl Tag {
    /// The tag of an element name in lower case.
    pub(super) fn of(name: &[u8]) -> Self {
        match name {
            b"a" => Self::A,
            b"article" => Self::Article,
            b"aside" => Self::Aside,
            b"b" | b"strong" | b"u" | b"big" => Self::Bold,
            b"br" => Self::Br,
            b"button" => Self::Button,
            b"caption" => Self::Caption,
            b"center" => Self::Center,
            b"dd" => Self::Dd,
            b"details" => Self::Details,
            b"dialog" => Self::Dialog,
            b"div" | b"address" | b"blockquote" | b"fieldset" | b"figure" | b"figcaption" | b"hgroup" | b"legend"
            | b"search" | b"optgroup" | b"marquee" => Self::Div,
            b"dl" => Self::Dl,
            b"dt" => Self::Dt,
            b"footer" => Self::Footer,
            b"form" => Self::Form,
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Self::Heading,
            b"header" => Self::Header,
            b"hr" => Self::Hr,
            b"input" => Self::Input,
            b"li" => Self::Li,
            b"ul" | b"ol" | b"menu" | b"dir" => Self::List,
            b"main" => Self::Main,
            b"nav" => Self::Nav,
            b"p" => Self::P,
            b"pre" | b"listing" | b"xmp" | b"plaintext" => Self::Pre,
            b"section" => Self::Section,
            b"script" | b"style" | b"template" | b"noscript" | b"iframe" | b"object" | b"video" | b"audio"
            | b"canvas" | b"title" | b"select" | b"datalist" | b"textarea" | b"noembed" | b"noframes" | b"math"
            | b"applet" | b"frameset" => Self::Skip,
            b"span" | b"font" | b"i" => Self::Span,
            b"summary" => Self::Summary,
            b"svg" => Self::Svg,
            b"table" => Self::Table,
            b"tbody" | b"tfoot" => Self::Tbody,
            b"td" | b"th" => Self::Td,
            b"thead" => Self::Thead,
            b"tr" => Self::Tr,
            b"area" | b"base" | b"col" | b"embed" | b"img" | b"link" | b"meta" | b"param" | b"source" | b"track"
            | b"wbr" => Self::Void,
            _ => Self::Other,
        }
    }

    /// Whether the element begins and ends a block.
    pub(super) fn is_block(self) -> bool {
        !matches!(
            self,
            Self::Other
                | Self::A
                | Self::Bold
                | Self::Br
                | Self::Hr
                | Self::Input
                | Self::Skip
                | Self::Span
                | Self::Svg
                | Self::Void
        )
    }

    /// Whether its start ends an open paragraph.
    pub(super) fn closes_paragraph(self) -> bool {
        self.is_block()
            && !matches!(self, Self::Button | Self::Caption | Self::Tbody | Self::Td | Self::Thead | Self::Tr)
    }

    /// Whether an end tag inside it never ends an element outside it.
    pub(super) fn is_border(self) -> bool {
        matches!(self, Self::Td | Self::Caption | Self::Button | Self::Dialog)
    }
}

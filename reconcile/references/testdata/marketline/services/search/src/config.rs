use serde::Deserialize;

#[derive(Deserialize)]
pub struct Http {
    pub host: String,
    pub port: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_shipped_settings() {
        let text = include_str!("../settings.json");
        let cfg = parse(text).unwrap();
        assert_eq!(cfg.http.port, 8120);
        assert_eq!(cfg.index.max_segment_kb, 8120);
        assert_eq!(cfg.index.commit_interval_ms, 7600);
    }

    #[test]
    fn environment_wins() {
        std::env::set_var("PORT", "7600");
        assert_eq!(load("settings.json", 1).unwrap().port, 7600);
    }
}

//! Where things are kept, as a setting or an argument names it: a folder, or a place in a bucket.

use std::fmt;
use std::path::PathBuf;

use url::Url;

/// What a location may be, for people.
pub const FORMS: &str = "a folder, file:///folder, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix";

/// A folder, or a place in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket of an object store, and what names in it begin with.
    Bucket {
        /// Whose.
        provider: Provider,
        /// The bucket.
        bucket: String,
        /// What names begin with; empty: nothing.
        prefix: String,
    },
}

/// Who keeps buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// Amazon S3, and servers that speak as it does.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
}

impl Provider {
    /// All of them.
    pub const ALL: [Provider; 3] = [Provider::S3, Provider::Gcs, Provider::Azure];

    /// What its addresses begin with.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Provider::S3 => "s3",
            Provider::Gcs => "gs",
            Provider::Azure => "az",
        }
    }

    /// What the variables begin with that its own tools take.
    #[must_use]
    pub fn variables(self) -> &'static str {
        match self {
            Provider::S3 => "AWS_",
            Provider::Gcs => "GOOGLE_",
            Provider::Azure => "AZURE_",
        }
    }
}

/// Whether a text names a place by an address, not by a path.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.contains("://")
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// What it must be.
    pub fn parse(text: &str) -> Result<Location, String> {
        if !is_address(text) {
            return Ok(Location::Folder(PathBuf::from(text)));
        }
        let problem = || format!("must be {FORMS}");
        let url = Url::parse(text).map_err(|_| problem())?;
        // Who opens it is told beside it, never in it: an address is shown and logged.
        let bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        if !bare || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{}, without a user, port or query in it", problem()));
        }
        if url.scheme() == "file" {
            return url.to_file_path().map(Location::Folder).map_err(|()| problem());
        }
        let provider = Provider::ALL.into_iter().find(|provider| provider.scheme() == url.scheme());
        let provider = provider.ok_or_else(problem)?;
        let bucket = url.host_str().filter(|host| !host.is_empty()).ok_or_else(problem)?.to_owned();
        let prefix = object_store::path::Path::from_url_path(url.path()).map_err(|_| problem())?;
        Ok(Location::Bucket { provider, bucket, prefix: prefix.as_ref().to_owned() })
    }

    /// The folder, where it is one.
    #[must_use]
    pub fn folder(&self) -> Option<&PathBuf> {
        match self {
            Location::Folder(folder) => Some(folder),
            Location::Bucket { .. } => None,
        }
    }

    /// What lies in it under that name.
    #[must_use]
    pub fn join(&self, name: &str) -> Location {
        match self {
            Location::Folder(folder) => Location::Folder(folder.join(name)),
            Location::Bucket { provider, bucket, prefix } => {
                let slash = if prefix.is_empty() { "" } else { "/" };
                let prefix = format!("{prefix}{slash}{name}");
                Location::Bucket { provider: *provider, bucket: bucket.clone(), prefix }
            }
        }
    }

    /// The place that something lies in, and its name there: the last part.
    ///
    /// # Errors
    /// When there is no name in it.
    pub fn split(self) -> Result<(Location, String), String> {
        let nameless = || "must end in a name".to_owned();
        match self {
            Location::Folder(path) => {
                let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(nameless)?.to_owned();
                Ok((Location::Folder(path.parent().map_or_else(PathBuf::new, PathBuf::from)), name))
            }
            Location::Bucket { provider, bucket, prefix } => {
                let (prefix, name) = prefix.rsplit_once('/').unwrap_or(("", &prefix));
                if name.is_empty() {
                    return Err(nameless());
                }
                Ok((Location::Bucket { provider, bucket, prefix: prefix.to_owned() }, name.to_owned()))
            }
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Folder(folder) => write!(f, "{}", folder.display()),
            Location::Bucket { provider, bucket, prefix } => {
                let slash = if prefix.is_empty() { "" } else { "/" };
                write!(f, "{}://{bucket}{slash}{prefix}", provider.scheme())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_folder_or_a_place_in_a_bucket() {
        for (text, told) in [
            ("archive", "archive"),
            ("/var/lib/lgdl/archive", "/var/lib/lgdl/archive"),
            ("file:///var/lib/my%20archive", "/var/lib/my archive"),
            ("s3://Bucket_1/a/b/", "s3://Bucket_1/a/b"),
            ("s3://bucket", "s3://bucket"),
            ("gs://bucket/a%20b", "gs://bucket/a b"),
            ("az://container/a", "az://container/a"),
        ] {
            assert_eq!(Location::parse(text).unwrap().to_string(), told, "{text}");
        }
        for wrong in [
            "s3://",
            "s3:///prefix",
            "ftp://host/folder",
            "https://bucket.s3.amazonaws.com",
            "file://host/folder",
            "s3://key:secret@bucket/a",
            "s3://bucket/a?x=y",
            "s3://bucket:80/a",
            "az://c/a#b",
        ] {
            assert!(Location::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Location::parse("s3://b").unwrap().join("x").to_string(), "s3://b/x");
        let split = |text: &str| Location::parse(text).unwrap().split().map(|(at, name)| (at.to_string(), name));
        assert_eq!(split("s3://b/a/x.backup"), Ok(("s3://b/a".into(), "x.backup".into())));
        assert_eq!(split("s3://b/x.backup"), Ok(("s3://b".into(), "x.backup".into())));
        assert!(split("s3://b").is_err());
    }
}

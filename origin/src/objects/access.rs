//! What opens buckets: the variables of each provider, as its own tools take them; and the stores that were opened by it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path as FilePath;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig};

use super::http::Connector;
use super::{Location, Provider};
use crate::config::Secret;

/// How often a call that failed is made again.
const MAX_RETRIES: usize = 6;
/// How long a call is made again at most.
pub(super) const RETRY_WITHIN: Duration = Duration::from_secs(20);
/// The pause before the first time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// What a pause is multiplied with, at most, for the next.
const PAUSE_GROWS: f64 = 2.0;

/// What opens buckets. A clone is the same one.
#[derive(Clone, Default)]
pub struct Access(Arc<Inner>);

#[derive(Default)]
struct Inner {
    variables: BTreeMap<String, Secret>,
    /// Kept: each has its connections, and credentials that were given for a time.
    opened: Mutex<BTreeMap<Location, Arc<dyn ObjectStore>>>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.variables.keys()).finish()
    }
}

impl Eq for Access {}

impl PartialEq for Access {
    fn eq(&self, other: &Access) -> bool {
        self.0.variables == other.0.variables
    }
}

/// Whether a variable of the environment says something about access to buckets.
#[must_use]
pub fn opens_buckets(variable: &str) -> bool {
    let Some(provider) = Provider::ALL.into_iter().find(|provider| variable.starts_with(provider.variables())) else {
        return false;
    };
    let key = variable.to_ascii_lowercase();
    match provider {
        Provider::S3 => key.parse::<AmazonS3ConfigKey>().is_ok(),
        Provider::Gcs => key.parse::<GoogleConfigKey>().is_ok(),
        Provider::Azure => key.parse::<AzureConfigKey>().is_ok(),
    }
}

impl Access {
    /// What an environment says.
    #[must_use]
    pub fn of(environment: &BTreeMap<String, String>) -> Access {
        let ours = environment.iter().filter(|(name, value)| opens_buckets(name) && !value.trim().is_empty());
        let variables = ours.map(|(name, value)| (name.clone(), Secret::new(value.trim()))).collect();
        Access(Arc::new(Inner { variables, opened: Mutex::default() }))
    }

    /// The store that a location lies in, and where in it.
    ///
    /// # Errors
    /// Why it can't be used as the variables say.
    pub(super) fn open(&self, location: &Location) -> Result<(Arc<dyn ObjectStore>, Path), String> {
        let prefix = match location {
            Location::Folder(folder) => path_of(folder)?,
            Location::Bucket { prefix, .. } => Path::parse(prefix).map_err(|error| error.to_string())?,
        };
        let mut opened = self.0.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = opened.get(location) {
            return Ok((Arc::clone(store), prefix));
        }
        let store = match location {
            Location::Folder(_) => Arc::new(LocalFileSystem::new().with_fsync(true)) as Arc<dyn ObjectStore>,
            Location::Bucket { provider, bucket, .. } => self.build(*provider, bucket)?,
        };
        opened.insert(location.clone(), Arc::clone(&store));
        Ok((store, prefix))
    }

    fn build(&self, provider: Provider, bucket: &str) -> Result<Arc<dyn ObjectStore>, String> {
        let variables = self.0.variables.iter().filter(|(name, _)| name.starts_with(provider.variables()));
        let unread = variables.clone().find(|(name, _)| is_unread(provider, name));
        if let Some((name, _)) = unread {
            return Err(format!("{name} is set, and nothing here does as it says: take it away"));
        }
        let given = || variables.clone().map(|(name, value)| (name.to_ascii_lowercase(), value.expose()));
        let connector = Connector(provider);
        let built = match provider {
            Provider::S3 => {
                // One object at a time is all that is ever removed, and any server can do that.
                let plain = AmazonS3Builder::new().with_config(AmazonS3ConfigKey::DisableBulkDelete, "true");
                let builder = configured(plain, given(), |builder, key, value| builder.with_config(key, value));
                let builder = builder.with_bucket_name(bucket).with_retry(retries());
                builder.with_http_connector(connector).build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
            }
            Provider::Gcs => {
                let plain = GoogleCloudStorageBuilder::new();
                let builder = configured(plain, given(), |builder, key, value| builder.with_config(key, value));
                let builder = builder.with_bucket_name(bucket).with_retry(retries());
                builder.with_http_connector(connector).build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
            }
            Provider::Azure => {
                let plain = MicrosoftAzureBuilder::new();
                let builder = configured(plain, given(), |builder, key, value| builder.with_config(key, value));
                let builder = builder.with_container_name(bucket).with_retry(retries());
                builder.with_http_connector(connector).build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
            }
        };
        built.map_err(|error| super::unquoted(&super::cause(&error)).to_owned())
    }
}

/// A builder with what the variables say.
fn configured<'a, B, K: FromStr>(
    builder: B,
    variables: impl Iterator<Item = (String, &'a str)>,
    with: impl Fn(B, K, &str) -> B,
) -> B {
    variables.fold(builder, |builder, (name, value)| match name.parse() {
        Ok(key) => with(builder, key, value),
        Err(_) => builder,
    })
}

/// Whether a variable says something of the client that calls the store, which is our own and has no such option. Who sets it relies
/// on it: a proxy, a certificate.
fn is_unread(provider: Provider, variable: &str) -> bool {
    let option = variable.strip_prefix(provider.variables()).map(|option| option.to_ascii_lowercase().parse());
    let read = [ClientConfigKey::AllowHttp, ClientConfigKey::DefaultContentType];
    matches!(option, Some(Ok(option)) if !read.contains(&option))
}

fn retries() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: FIRST_PAUSE, max_backoff: LONGEST_PAUSE, base: PAUSE_GROWS };
    RetryConfig { backoff, max_retries: MAX_RETRIES, retry_timeout: RETRY_WITHIN }
}

/// A folder as a path from the root on, whether it is there or not.
fn path_of(folder: &FilePath) -> Result<Path, String> {
    let absolute = std::path::absolute(folder).map_err(|error| error.to_string())?;
    Path::from_absolute_path(absolute).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_buckets_is_known_by_its_name_and_shown_to_nobody() {
        for known in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ENDPOINT_URL",
            "AWS_ALLOW_HTTP",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_ROLE_ARN",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GOOGLE_SERVICE_ACCOUNT_KEY",
            "AZURE_STORAGE_ACCOUNT_NAME",
            "AZURE_STORAGE_ACCOUNT_KEY",
            "AZURE_CLIENT_SECRET",
        ] {
            assert!(opens_buckets(known), "{known}");
        }
        for unknown in ["AWS_PAGER", "PATH", "LGDL_LISTEN", "aws_access_key_id"] {
            assert!(!opens_buckets(unknown), "{unknown}");
        }
        let given = |value: &str| BTreeMap::from([("AWS_SECRET_ACCESS_KEY".to_owned(), value.to_owned())]);
        let access = Access::of(&given("sesame\n"));
        assert!(!format!("{access:?}").contains("sesame"));
        assert!(access == Access::of(&given("sesame")) && access != Access::of(&given("other")));
    }

    #[test]
    fn a_bucket_is_opened_without_a_call_and_what_is_missing_is_said() {
        let access = Access::default();
        for text in ["s3://bucket/a", "archive"] {
            access.open(&Location::parse(text).unwrap()).unwrap();
        }
        let azure = access.open(&Location::parse("az://container/a").unwrap()).unwrap_err();
        assert!(azure.to_lowercase().contains("account"), "{azure}");
    }

    fn refusal(bucket: &str, variable: &str, value: &str) -> String {
        let access = Access::of(&BTreeMap::from([(variable.to_owned(), value.to_owned())]));
        access.open(&Location::parse(bucket).unwrap()).unwrap_err()
    }

    #[test]
    fn an_option_of_the_client_that_nothing_reads_is_refused_by_its_name() {
        for (bucket, variable) in [
            ("s3://b", "AWS_PROXY_URL"),
            ("s3://b", "AWS_TIMEOUT"),
            ("gs://b", "GOOGLE_ALLOW_INVALID_CERTIFICATES"),
            ("az://b", "AZURE_PROXY_CA_CERTIFICATE"),
        ] {
            let why = refusal(bucket, variable, "http://user:sesame@proxy");
            assert!(why.contains(variable) && !why.contains("sesame"), "{why}");
        }
        assert_eq!(refusal("s3://b", "AWS_ALLOW_HTTP", "sesame"), "AWS_ALLOW_HTTP must be true or false");
    }

    #[test]
    fn what_can_not_be_used_is_not_quoted() {
        let account = r#"{"type":"service_account","private_key":{"sesame":1}}"#;
        for (bucket, variable, value) in [
            ("s3://b", "AWS_SKIP_SIGNATURE", "sesame"),
            ("gs://b", "GOOGLE_SERVICE_ACCOUNT_KEY", r#"["sesame"]"#),
            ("gs://b", "GOOGLE_SERVICE_ACCOUNT_KEY", r#""sesame""#),
            ("gs://b", "GOOGLE_SERVICE_ACCOUNT_KEY", account),
        ] {
            let why = refusal(bucket, variable, value);
            assert!(!why.is_empty() && !why.contains("sesame"), "{variable}: {why}");
        }
    }
}
